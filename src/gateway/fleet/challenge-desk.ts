import { toHex } from '../../core/bytes/hex.ts';
import { Fault } from '../../core/fault.ts';
import {
  CHALLENGE_RANDOM_SIZE,
  type ChallengeFinding,
  type ChallengeTerms,
  type ChallengeTimes,
  judgeChallenge,
  makeChallenge,
} from './challenge.ts';
import type { IssuedChallenge } from './service.ts';
import type { ChallengeKey, FleetStore } from './store.ts';

export interface ChallengeDeskDeps {
  readonly store: Pick<FleetStore, 'challengeKeys' | 'rotateChallengeKey'>;
  readonly now: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
  readonly times: ChallengeTimes & {
    /** For how long challenges are made under one key, in milliseconds. */
    readonly keyLife: number;
  };
}

/**
 * How old what is known of the keys may be: another gateway makes new ones, and somebody may revoke
 * them. Asking the store more often would be a stranger's to cause.
 */
const LOOK_AGAIN_MS = 1000;

/** Makes challenges and knows its own again, whichever gateway of the database made them. */
export class ChallengeDesk {
  readonly #deps: ChallengeDeskDeps;
  #keys: readonly ChallengeKey[] = [];
  #lookedAt = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | undefined;

  constructor(deps: ChallengeDeskDeps) {
    this.#deps = deps;
  }

  async issue(terms: ChallengeTerms): Promise<IssuedChallenge> {
    const { now, randomBytes, times } = this.#deps;
    const at = now();
    const nonce = makeChallenge(
      await this.#current(at),
      terms,
      at,
      randomBytes(CHALLENGE_RANDOM_SIZE),
    );
    return { nonce, purpose: terms.purpose, expiresAt: at + times.ttl };
  }

  /**
   * When a challenge was made.
   *
   * @throws Fault `usage` at `nonce` for one that is not, or no longer, to be answered.
   */
  async check(nonce: Uint8Array, terms: ChallengeTerms): Promise<number> {
    const { now, times } = this.#deps;
    await this.#lookIfOld();
    const finding = judgeChallenge(this.#keys, nonce, terms, now(), times);
    if (finding.is === 'good') return finding.madeAt;
    throw new Fault('usage', 'nonce', problemOf(finding, times));
  }

  async #current(at: number): Promise<ChallengeKey> {
    const { store, randomBytes, times } = this.#deps;
    const isFresh = (key: ChallengeKey | undefined) =>
      key !== undefined && at - key.madeAt < times.keyLife;
    await this.#lookIfOld();
    if (!isFresh(this.#keys[0])) {
      const fresh = { id: toHex(randomBytes(8)), key: randomBytes(32), madeAt: at };
      // Of several gateways that find the key old at the same moment, one makes the next.
      const since = at - times.keyLife;
      await store.rotateChallengeKey(fresh, since, since - times.ttl - times.skew);
      await this.#look();
    }
    const [newest] = this.#keys;
    if (newest === undefined) throw new Fault('internal', 'challenges', 'there is no key');
    return newest;
  }

  /** A clock that was set back must not keep it from looking for as long. */
  async #lookIfOld(): Promise<void> {
    if (Math.abs(this.#deps.now() - this.#lookedAt) >= LOOK_AGAIN_MS) await this.#look();
  }

  /** However many ask at once, the store is asked once. */
  #look(): Promise<void> {
    this.#looking ??= this.#read().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #read(): Promise<void> {
    this.#keys = await this.#deps.store.challengeKeys();
    this.#lookedAt = this.#deps.now();
  }
}

function problemOf(finding: Exclude<ChallengeFinding, { is: 'good' }>, { ttl }: ChallengeTimes) {
  switch (finding.is) {
    case 'foreign':
      return 'is no challenge of this gateway for this node and purpose: ask for one, and answer that one';
    case 'stale':
      return `was made ${seconds(finding.age)} ago, and had to be answered within ${seconds(ttl)}: ask for another`;
    case 'early':
      return `was made ${seconds(finding.by)} from now by this gateway’s clock: the clocks of the gateways differ`;
  }
}

function seconds(ms: number): string {
  return `${Math.ceil(ms / 1000)} s`;
}
