import { utf8 } from '../../src/core/bytes/text.ts';
import { EMPTY_ROOT, leafHash, nodeHash } from '../../src/ledger/tree/hash.ts';
import type { NodeReader } from '../../src/ledger/tree/prove.ts';

/** Entries of a log that tests make up. */
export function entries(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => utf8(`entry ${i}`));
}

export function leaves(count: number): Uint8Array[] {
  return entries(count).map(leafHash);
}

/** MTH by the recursion of RFC 6962 section 2.1, and by nothing else: what all else is held against. */
export function naiveRoot(hashes: readonly Uint8Array[]): Uint8Array {
  const [only] = hashes;
  if (only === undefined) return EMPTY_ROOT;
  if (hashes.length === 1) return only;
  const split = naiveSplit(hashes.length);
  return nodeHash(naiveRoot(hashes.slice(0, split)), naiveRoot(hashes.slice(split)));
}

/** PATH(m, D[n]) of RFC 6962 section 2.1.1. */
export function naivePath(index: number, hashes: readonly Uint8Array[]): Uint8Array[] {
  if (hashes.length <= 1) return [];
  const split = naiveSplit(hashes.length);
  const [left, right] = [hashes.slice(0, split), hashes.slice(split)];
  return index < split
    ? [...naivePath(index, left), naiveRoot(right)]
    : [...naivePath(index - split, right), naiveRoot(left)];
}

/** SUBTREE_SUBPROOF of the Merkle Tree Certificates draft; of [0, m) it is PROOF(m, D[n]) of RFC 6962. */
export function naiveSubproof(
  start: number,
  end: number,
  hashes: readonly Uint8Array[],
  known: 'known' | 'unknown' = 'known',
): Uint8Array[] {
  if (start === 0 && end === hashes.length) return known === 'known' ? [] : [naiveRoot(hashes)];
  const split = naiveSplit(hashes.length);
  const [left, right] = [hashes.slice(0, split), hashes.slice(split)];
  if (end <= split) return [...naiveSubproof(start, end, left, known), naiveRoot(right)];
  return start >= split
    ? [...naiveSubproof(start - split, end - split, right, known), naiveRoot(left)]
    : [...naiveSubproof(0, end - split, right, 'unknown'), naiveRoot(left)];
}

/** The largest power of two below a number from 2 up. */
function naiveSplit(count: number): number {
  let split = 1;
  while (split * 2 < count) split *= 2;
  return split;
}

/** Reads complete subtrees of leaves that are all at hand. */
export function nodesOf(hashes: readonly Uint8Array[]): NodeReader {
  return (height, index) => {
    const part = hashes.slice(index * 2 ** height, (index + 1) * 2 ** height);
    if (part.length !== 2 ** height) throw new Error(`no complete subtree ${height}/${index}`);
    return naiveRoot(part);
  };
}

/** The same bytes with one bit turned. */
export function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const at = (bit >> 3) % bytes.length;
  return bytes.with(at, (bytes[at] ?? 0) ^ (1 << (bit & 7)));
}
