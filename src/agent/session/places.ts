import type { KeysConfig } from '../config.ts';
import type { KeyGeneration } from '../keys/key-generation.ts';
import { Rate } from '../rate.ts';

/** Tables that may be filled while the keys of one keyset are in memory, beside half of one at once. */
const TABLES = 3;

/**
 * Gives requests their places in the tables of their keys. Whoever knows a keyset can seal to it:
 * without a measure he would fill one table after the other, and have the agent make keys, evidence
 * and admissions until it may make no more. So tables fill no faster than keys come and go.
 */
export class Places {
  readonly #encapsulations: Rate;
  readonly #accounts: Rate;
  readonly #elapsed: () => number;

  /** @param elapsed milliseconds, by a clock that nobody sets. */
  constructor({ encapsulations, accounts, life, inFlight }: KeysConfig, elapsed: () => number) {
    const rate = (size: number) => new Rate(size / 2, TABLES * size, life + inFlight);
    this.#encapsulations = rate(encapsulations);
    this.#accounts = rate(accounts);
    this.#elapsed = elapsed;
  }

  /**
   * Of a request that is authentic to its last byte; of two with the same encapsulation one is new.
   *
   * @returns `crowded`: nothing is remembered, and it may come again later.
   */
  take(
    { encapsulations, usage }: KeyGeneration,
    enc: Uint8Array,
    account: string,
  ): 'new' | 'seen' | 'full' | 'crowded' {
    if (encapsulations.has(enc)) return 'seen';
    if (encapsulations.isFull || !usage.hasRoom(account)) return 'full';
    const now = this.#elapsed();
    if (!usage.knows(account) && !this.#accounts.take(now)) return 'crowded';
    if (!this.#encapsulations.take(now)) return 'crowded';
    usage.admit(account);
    encapsulations.claim(enc);
    return 'new';
  }
}
