import { sha256 } from '#crypto';
import { toHex } from '../../core/bytes/hex.ts';
import { utf8 } from '../../core/bytes/text.ts';

/** Half a SHA-256: as good against a second one of the same. */
const SIZE = 16;

/**
 * What was seen under one key, for as long as the key lives. There is no forgetting: the host owns
 * the clock, so that whatever is forgotten after a time can be replayed after it was turned.
 */
export class Encapsulations {
  readonly #most: number;
  readonly #seen = new Set<string>();

  constructor(most: number) {
    this.#most = most;
  }

  /** For good. */
  claim(enc: Uint8Array): void {
    this.#seen.add(shortName(enc));
  }

  has(enc: Uint8Array): boolean {
    return this.#seen.has(shortName(enc));
  }

  get isFull(): boolean {
    return this.#seen.size >= this.#most;
  }

  /** Time for another key: the rest is for those that come until it is there. */
  get isNearlyFull(): boolean {
    return this.#seen.size >= Math.ceil(this.#most * 0.75);
  }

  clear(): void {
    this.#seen.clear();
  }
}

/**
 * Idempotency keys of requests that may have had an effect. As many as encapsulations at most:
 * each belongs to one.
 */
export class IdempotencyKeys {
  readonly #claimed = new Set<string>();

  has(key: string): boolean {
    return this.#claimed.has(shortName(utf8(key)));
  }

  claim(key: string): void {
    this.#claimed.add(shortName(utf8(key)));
  }

  /** Of a request that failed before the server was asked: it may come again. */
  release(key: string): void {
    this.#claimed.delete(shortName(utf8(key)));
  }

  clear(): void {
    this.#claimed.clear();
  }
}

function shortName(bytes: Uint8Array): string {
  return toHex(sha256(bytes).subarray(0, SIZE));
}
