import { blake2b } from '@noble/hashes/blake2.js';

/** BLAKE2b without a key (RFC 7693), 64 bytes. */
export function blake2b512(data: Uint8Array): Uint8Array {
  return blake2b(data, { dkLen: 64 });
}
