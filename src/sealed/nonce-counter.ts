import { AEAD_NONCE_SIZE } from '../core/crypto/aead-port.ts';

/** 2^32 chunks of 16 KiB are 64 TiB: no message comes near, and no nonce comes twice. */
const MOST = 2 ** 32;
const COUNTER_AT = AEAD_NONCE_SIZE - 4;

/** The nonces of one key: base XOR 0, 1, 2, … in big-endian (RFC 9180 section 5.2). */
export class NonceCounter {
  readonly #base: Uint8Array;
  readonly #nonce: Uint8Array;
  #count: number;

  /** @param count how many nonces were used already. */
  constructor(base: Uint8Array, count = 0) {
    this.#base = new Uint8Array(base);
    this.#nonce = new Uint8Array(base);
    this.#count = count;
  }

  get count(): number {
    return this.#count;
  }

  /**
   * The nonce for the present count, valid until the next call.
   *
   * @throws RangeError when there are none left.
   */
  current(): Uint8Array {
    if (this.#count >= MOST) throw new RangeError('no nonce is left under this key');
    for (let i = 0; i < 4; i++) {
      const at = COUNTER_AT + i;
      this.#nonce[at] = (this.#base[at] ?? 0) ^ ((this.#count >>> (24 - 8 * i)) & 0xff);
    }
    return this.#nonce;
  }

  advance(): void {
    this.#count++;
  }
}
