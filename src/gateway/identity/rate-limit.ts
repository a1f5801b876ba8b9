/** A bucket of tokens: full to begin with, and filled up again at a steady rate. */
export interface BucketRule {
  /** The most that it holds, and so what may come at once. */
  readonly burst: number;
  /** Tokens that it gains. */
  readonly perSecond: number;
}

export interface RateRules {
  /** Of each key: the id of a credential or node, or a client's address. */
  readonly each: BucketRule;
  /** Of all keys together. */
  readonly all: BucketRule;
  /**
   * Keys that are remembered. The one that was seen longest ago is forgotten for another, and then
   * has a full bucket again: who has that many addresses is held by `all` only.
   */
  readonly mostKeys: number;
}

export type RateAnswer =
  | { readonly allowed: true }
  | {
      readonly allowed: false;
      /** Whose bucket is empty. */
      readonly by: 'each' | 'all';
      /** Milliseconds until it has a token again, 1 at the least. */
      readonly retryAfter: number;
    };

interface Bucket {
  readonly tokens: number;
  /** When it had that many, in milliseconds. */
  readonly at: number;
}

/** A whole token, but for what is lost when fractions are added up. */
const TOKEN = 1 - 1e-9;

/** Lets through so much a key and so much in all; the same answers at the same times. */
export class RateLimit {
  readonly #rules: RateRules;
  /** The longest unseen first. */
  readonly #each = new Map<string, Bucket>();
  #all: Bucket | undefined;

  constructor(rules: RateRules) {
    const { each, all, mostKeys } = rules;
    const numbers = [each.burst, each.perSecond, all.burst, all.perSecond, mostKeys];
    if (!numbers.every((n) => Number.isFinite(n) && n > 0) || each.burst < 1 || all.burst < 1) {
      throw new RangeError('rates and bursts are above 0, and a burst is of 1 at the least');
    }
    this.#rules = rules;
  }

  /** How many keys are remembered. */
  get keys(): number {
    return this.#each.size;
  }

  /**
   * Takes a token from the key's bucket and one from that of all, or none of either.
   *
   * @param now milliseconds, from a clock that does not go back.
   * @param own rule of this key alone. Somebody has said how much it may: it neither is held by
   *   the bucket of all nor leaves the others less in it.
   */
  take(key: string, now: number, own?: BucketRule): RateAnswer {
    if (own !== undefined) return this.#takeOwn(key, now, own);
    const { each, all } = this.#rules;
    const held = filled(this.#each.get(key), each, now);
    const shared = filled(this.#all, all, now);
    const by = held.tokens < TOKEN ? 'each' : shared.tokens < TOKEN ? 'all' : undefined;
    const cost = by === undefined ? 1 : 0;
    this.#remember(key, { ...held, tokens: held.tokens - cost });
    this.#all = { ...shared, tokens: shared.tokens - cost };
    if (by === undefined) return { allowed: true };
    const [bucket, rule] = by === 'each' ? [held, each] : [shared, all];
    return { allowed: false, by, retryAfter: untilToken(bucket, rule) };
  }

  #takeOwn(key: string, now: number, rule: BucketRule): RateAnswer {
    const held = filled(this.#each.get(key), rule, now);
    const isEmpty = held.tokens < TOKEN;
    this.#remember(key, { ...held, tokens: held.tokens - (isEmpty ? 0 : 1) });
    if (!isEmpty) return { allowed: true };
    return { allowed: false, by: 'each', retryAfter: untilToken(held, rule) };
  }

  #remember(key: string, bucket: Bucket): void {
    this.#each.delete(key);
    this.#each.set(key, bucket);
    if (this.#each.size <= this.#rules.mostKeys) return;
    const [oldest] = this.#each.keys();
    if (oldest !== undefined) this.#each.delete(oldest);
  }
}

function untilToken({ tokens }: Bucket, { perSecond }: BucketRule): number {
  return Math.max(1, Math.ceil(((TOKEN - tokens) / perSecond) * 1000));
}

function filled(bucket: Bucket | undefined, rule: BucketRule, now: number): Bucket {
  if (bucket === undefined) return { tokens: rule.burst, at: now };
  // A clock that went back gives nothing, and takes nothing.
  const gained = (Math.max(0, now - bucket.at) / 1000) * rule.perSecond;
  return { tokens: Math.min(rule.burst, bucket.tokens + gained), at: Math.max(now, bucket.at) };
}
