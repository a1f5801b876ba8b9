import { sha256 } from '#crypto';
import { concatBytes } from '../bytes/writer.ts';

/** Of SHA-256, in bytes. */
const BLOCK = 64;

/** HMAC-SHA-256 (RFC 2104 section 2), 32 bytes; the key is of any length. */
export function hmacSha256(key: Uint8Array, message: Uint8Array): Uint8Array {
  const block = new Uint8Array(BLOCK);
  block.set(key.length > BLOCK ? sha256(key) : key);
  const inner = block.map((byte) => byte ^ 0x36);
  const outer = block.map((byte) => byte ^ 0x5c);
  return sha256(concatBytes(outer, sha256(concatBytes(inner, message))));
}
