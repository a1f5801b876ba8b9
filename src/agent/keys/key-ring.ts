import type { KeysConfig } from '../config.ts';
import type { KeyGeneration } from './key-generation.ts';

/**
 * Keysets whose tables somebody fills follow each other this far; then the oldest has to end first.
 * Each is kept with its tables until nothing can be under way, and a key id is one byte.
 */
const MOST_BY_FULL_TABLES = 8;

export interface KeyClocks {
  /** Milliseconds since the epoch: what a keyset says of its times. */
  readonly now: () => number;
  /** Milliseconds since any instant: what no setting of a clock makes longer. */
  readonly elapsed: () => number;
}

/**
 * The keys in force: those that clients are told, and those before them until nothing that was
 * sealed to them is under way.
 */
export class KeyRing {
  readonly #keys: KeysConfig;
  readonly #clocks: KeyClocks;
  /** Newest first. */
  #generations: readonly KeyGeneration[] = [];

  constructor(keys: KeysConfig, clocks: KeyClocks) {
    this.#keys = keys;
    this.#clocks = clocks;
  }

  /** What clients are told; undefined before the first, and where the last one has ended. */
  get current(): KeyGeneration | undefined {
    const [newest] = this.inForce();
    return newest !== undefined && this.#takes(newest) ? newest : undefined;
  }

  /** Under which a request may still be meant. */
  inForce(): readonly KeyGeneration[] {
    this.#eraseEnded();
    return this.#generations;
  }

  /** Whose key a new request is sealed to, if it is still taken. */
  taking(keyId: number): KeyGeneration | undefined {
    return this.inForce().find((one) => one.key(keyId) !== undefined && this.#takes(one));
  }

  /** From now on clients are told these. */
  activate(generation: KeyGeneration): void {
    this.#generations = [generation, ...this.inForce()];
  }

  /** When the next keys are wanted, in milliseconds since the epoch; at once where a table fills. */
  get dueAt(): number {
    const { current } = this;
    const now = this.#clocks.now();
    const isWanted =
      current === undefined || current.encapsulations.isNearlyFull || current.usage.isNearlyFull;
    if (!isWanted) return now + this.#left(current) - this.#keys.overlap;
    const oldest = this.#generations.at(-1);
    if (oldest === undefined || this.#generations.length < MOST_BY_FULL_TABLES) return now;
    return now + this.#left(oldest) + this.#keys.inFlight;
  }

  eraseAll(): void {
    for (const one of this.#generations) one.erase();
    this.#generations = [];
  }

  /** A clock that was turned back takes no request that it would not have taken before. */
  #takes(one: KeyGeneration): boolean {
    const isBegun = this.#clocks.now() >= one.notBefore;
    return isBegun && this.#left(one) > 0 && !one.encapsulations.isFull;
  }

  /**
   * How long new requests are taken under it, by whichever clock says less: the host may set the
   * one, and the other knows nothing of what the keyset says.
   */
  #left({ notAfter, madeAt }: KeyGeneration): number {
    const { now, elapsed } = this.#clocks;
    return Math.min(notAfter - now(), madeAt + this.#keys.life - elapsed());
  }

  #eraseEnded(): void {
    const isEnded = (one: KeyGeneration) => this.#left(one) <= -this.#keys.inFlight;
    if (!this.#generations.some(isEnded)) return;
    for (const one of this.#generations) if (isEnded(one)) one.erase();
    this.#generations = this.#generations.filter((one) => !isEnded(one));
  }
}
