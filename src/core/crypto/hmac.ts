import { sha256, sha384, sha512 } from '#crypto';
import { concatBytes } from '../bytes/writer.ts';

export type HmacHash = keyof typeof HASHES;

/** Block sizes in bytes. */
const HASHES = {
  sha256: { hash: sha256, block: 64 },
  sha384: { hash: sha384, block: 128 },
  sha512: { hash: sha512, block: 128 },
} as const;

/** HMAC (RFC 2104 section 2), as long as the hash; the key is of any length. */
export function hmac(name: HmacHash, key: Uint8Array, message: Uint8Array): Uint8Array {
  const { hash, block } = HASHES[name];
  const padded = new Uint8Array(block);
  padded.set(key.length > block ? hash(key) : key);
  const inner = padded.map((byte) => byte ^ 0x36);
  const outer = padded.map((byte) => byte ^ 0x5c);
  return hash(concatBytes(outer, hash(concatBytes(inner, message))));
}

/** HMAC-SHA-256, 32 bytes. */
export function hmacSha256(key: Uint8Array, message: Uint8Array): Uint8Array {
  return hmac('sha256', key, message);
}
