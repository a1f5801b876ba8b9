import { utf8 } from '../../core/bytes/text.ts';
import { concatBytes } from '../../core/bytes/writer.ts';
import { type HmacHash, hmac } from '../../core/crypto/hmac.ts';
import { u16be } from '../suite.ts';

/** HKDF-Extract (RFC 5869 section 2.2). */
export function extract(hash: HmacHash, salt: Uint8Array, ikm: Uint8Array): Uint8Array {
  return hmac(hash, salt, ikm);
}

/**
 * HKDF-Expand (RFC 5869 section 2.3).
 *
 * @throws RangeError above 255 times the length of the hash.
 */
export function expand(
  hash: HmacHash,
  prk: Uint8Array,
  info: Uint8Array,
  length: number,
): Uint8Array {
  const out = new Uint8Array(length);
  let block: Uint8Array = new Uint8Array();
  for (let at = 0, counter = 1; at < length; counter++) {
    if (counter > 255) throw new RangeError(`HKDF gives no ${length} bytes`);
    block = hmac(hash, prk, concatBytes(block, info, Uint8Array.of(counter)));
    out.set(block.subarray(0, length - at), at);
    at += block.length;
  }
  return out;
}

const VERSION = utf8('HPKE-v1');

/** HKDF as HPKE uses it: every derivation says which suite it is for, and what (RFC 9180 section 4). */
export class LabeledHkdf {
  readonly hash: HmacHash;
  readonly #suiteId: Uint8Array;

  constructor(hash: HmacHash, suiteId: Uint8Array) {
    this.hash = hash;
    this.#suiteId = suiteId;
  }

  extract(salt: Uint8Array, label: string, ikm: Uint8Array): Uint8Array {
    return extract(this.hash, salt, concatBytes(VERSION, this.#suiteId, utf8(label), ikm));
  }

  expand(prk: Uint8Array, label: string, info: Uint8Array, length: number): Uint8Array {
    const labeled = concatBytes(u16be(length), VERSION, this.#suiteId, utf8(label), info);
    return expand(this.hash, prk, labeled, length);
  }
}
