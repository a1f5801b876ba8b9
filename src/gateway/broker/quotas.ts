import type { KeyQuotas } from '../identity/credential.ts';
import { type BucketRule, RateLimit } from '../identity/rate-limit.ts';
import type { BrokerDeps } from './deps.ts';
import { BrokerRefusal } from './refusal.ts';

const DAY = 86_400_000;
const MINUTE = 60_000;
/** For how long what other gateways counted is not asked for again, in milliseconds. */
const KNOWN_FOR = 5_000;
/** Keys that are remembered. */
const MOST_KEYS = 100_000;
/** Of all keys together, as many times what one may. */
const ALL = 100;

interface Spent {
  readonly day: number;
  readonly tokens: number;
  readonly readAt: number;
}

/** Whose request counts, and how much of it its key may that may not as much as others. */
export interface Counted {
  readonly account: string;
  readonly own: KeyQuotas | undefined;
}

const BY_OWN = 'by the key’s own quota';
const BY_DEFAULT = 'by the quota of each key';

/**
 * How much each key may: sessions a minute, streams at once, tokens a day. What its credential says
 * goes before what the configuration says of each.
 */
export class Quotas {
  readonly #deps: Pick<BrokerDeps, 'store' | 'now' | 'elapsed' | 'limits'>;
  readonly #requests: RateLimit;
  readonly #evidence: RateLimit;
  readonly #nodeEvidence: RateLimit;
  readonly #streams = new Map<string, number>();
  readonly #spent = new Map<string, Spent>();
  #open = 0;

  constructor(deps: Pick<BrokerDeps, 'store' | 'now' | 'elapsed' | 'limits'>) {
    this.#deps = deps;
    const { each, nodeEvidence } = deps.limits;
    this.#requests = perMinute(each.requests);
    this.#evidence = perMinute(each.evidence);
    this.#nodeEvidence = perMinute(nodeEvidence);
  }

  get open(): number {
    return this.#open;
  }

  /**
   * One more stream of a key.
   *
   * @returns what gives its place back, once.
   * @throws BrokerRefusal
   */
  async enter({ account, own }: Counted): Promise<() => void> {
    const { elapsed, limits } = this.#deps;
    wantToken(this.#requests, account, elapsed(), 'sessions a minute', own?.requests);
    await this.#wantTokensLeft(account, own?.tokens);
    const { each, streams, retryAfter } = limits;
    // No await between the question and the answer, or many at once would all get in.
    if (this.#open >= streams) {
      throw new BrokerRefusal('overloaded', { detail: 'too many streams at once', retryAfter });
    }
    const running = this.#streams.get(account) ?? 0;
    if (running >= (own?.streams ?? each.streams)) {
      throw new BrokerRefusal('over-quota', {
        detail: `has ${running} streams, and may have no more at once, ${by(own?.streams)}`,
        retryAfter: 1000,
      });
    }
    this.#change(account, 1);
    let given = false;
    return () => {
      if (!given) this.#change(account, -1);
      given = true;
    };
  }

  /** @throws BrokerRefusal */
  wantEvidence({ account, own }: Counted, node: string): void {
    const now = this.#deps.elapsed();
    wantToken(this.#evidence, account, now, 'challenges a minute', own?.evidence);
    const ofNode = this.#nodeEvidence.take(node, now);
    if (!ofNode.allowed) throw tooMany('challenges of this node a minute', ofNode.retryAfter);
  }

  /** What a statement came to. */
  spend(account: string, tokens: number): void {
    const known = this.#spent.get(account);
    const day = dayOf(this.#deps.now());
    if (known?.day === day) {
      this.#spent.set(account, { ...known, tokens: known.tokens + tokens });
    }
  }

  async #wantTokensLeft(account: string, own: KeyQuotas['tokens']): Promise<void> {
    const { store, now, limits } = this.#deps;
    const most = own ?? limits.each.tokens;
    if (most === undefined || most === 'unlimited') return;
    const at = now();
    const day = dayOf(at);
    let known = this.#spent.get(account);
    if (known?.day !== day || at - known.readAt > KNOWN_FOR) {
      known = { day, tokens: await store.tokensOf(account, day), readAt: at };
      this.#spent.delete(account);
      this.#spent.set(account, known);
      const [oldest] = this.#spent.keys();
      if (this.#spent.size > MOST_KEYS && oldest !== undefined) this.#spent.delete(oldest);
    }
    if (known.tokens < most) return;
    throw new BrokerRefusal('over-quota', {
      detail: `has used up its ${most} tokens of the day, ${by(own)}`,
      retryAfter: day + DAY - at,
    });
  }

  #change(account: string, by: 1 | -1): void {
    this.#open += by;
    const left = (this.#streams.get(account) ?? 0) + by;
    if (left > 0) this.#streams.set(account, left);
    else this.#streams.delete(account);
  }
}

function dayOf(at: number): number {
  return at - (at % DAY);
}

function by(own: KeyQuotas[keyof KeyQuotas]): string {
  return own === undefined ? BY_DEFAULT : BY_OWN;
}

function perMinute(count: number): RateLimit {
  return new RateLimit({
    each: bucketOf(count),
    all: bucketOf(count * ALL),
    mostKeys: MOST_KEYS,
  });
}

function bucketOf(count: number): BucketRule {
  return { burst: count, perSecond: (count / MINUTE) * 1000 };
}

function wantToken(rate: RateLimit, key: string, now: number, what: string, own?: number): void {
  const answer = rate.take(key, now, own === undefined ? undefined : bucketOf(own));
  if (answer.allowed) return;
  const whose = answer.by === 'all' ? 'of all keys together' : by(own);
  throw tooMany(`${what}, ${whose}`, answer.retryAfter);
}

function tooMany(what: string, retryAfter: number): BrokerRefusal {
  return new BrokerRefusal('over-quota', { detail: `too many ${what}`, retryAfter });
}
