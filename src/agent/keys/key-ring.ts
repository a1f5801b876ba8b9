import type { KeysConfig } from '../config.ts';
import type { KeyGeneration } from './key-generation.ts';

/**
 * The keys in force: those that clients are told, and those before them until nothing that was
 * sealed to them is under way.
 */
export class KeyRing {
  readonly #keys: KeysConfig;
  readonly #now: () => number;
  /** Newest first. */
  #generations: readonly KeyGeneration[] = [];

  constructor(keys: KeysConfig, now: () => number) {
    this.#keys = keys;
    this.#now = now;
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
    if (current === undefined) return this.#now();
    if (current.encapsulations.isNearlyFull || current.usage.isNearlyFull) return this.#now();
    return current.notAfter - this.#keys.overlap;
  }

  eraseAll(): void {
    for (const one of this.#generations) one.erase();
    this.#generations = [];
  }

  /** A clock that was turned back takes no request that it would not have taken before. */
  #takes({ notBefore, notAfter, encapsulations }: KeyGeneration): boolean {
    const now = this.#now();
    return now >= notBefore && now < notAfter && !encapsulations.isFull;
  }

  #eraseEnded(): void {
    const end = this.#now() - this.#keys.inFlight;
    if (this.#generations.every(({ notAfter }) => notAfter > end)) return;
    for (const one of this.#generations) if (one.notAfter <= end) one.erase();
    this.#generations = this.#generations.filter(({ notAfter }) => notAfter > end);
  }
}
