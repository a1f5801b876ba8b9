import { sha256 } from '#crypto';
import { equalBytes } from '../../core/bytes/equal.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { concatBytes } from '../../core/bytes/writer.ts';
import { malformed } from '../../core/fault.ts';

/** SHA-256, the one hash of all our trees and of C2SP's. */
export const HASH_SIZE = 32;

/** MTH of no entries at all: the hash of nothing (RFC 6962 section 2.1). */
export const EMPTY_ROOT: Uint8Array = sha256(new Uint8Array());

const LEAF = Uint8Array.of(0x00);

/** MTH of one entry. Its prefix is what keeps an entry from posing as a node. */
export function leafHash(entry: Uint8Array): Uint8Array {
  return sha256(concatBytes(LEAF, entry));
}

/** MTH of two subtrees, 32 bytes each: the left one complete, and at least as large as the right. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  const input = new Uint8Array(1 + 2 * HASH_SIZE);
  input[0] = 0x01;
  input.set(left, 1);
  input.set(right, 1 + HASH_SIZE);
  return sha256(input);
}

/** @throws Fault `malformed` for anything but 32 bytes. */
export function wantHash(bytes: Uint8Array, at: string): Uint8Array {
  if (bytes.length !== HASH_SIZE) {
    throw malformed(at, `want a hash of ${HASH_SIZE} bytes, got ${bytes.length}`);
  }
  return bytes;
}

/** Two roots, or a leaf's hash and what stands in its place. @throws Fault `malformed`. */
export function wantSame(got: Uint8Array, want: Uint8Array, at: string, what: string): void {
  if (!equalBytes(got, want)) {
    throw malformed(at, `${what} is ${toHex(want)}, the proof leads to ${toHex(got)}`);
  }
}
