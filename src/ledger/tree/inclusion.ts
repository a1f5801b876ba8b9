import { malformed } from '../../core/fault.ts';
import { nodeHash, wantHash, wantSame } from './hash.ts';
import { subtreePath } from './subtree-path.ts';

/** Where a leaf is, and how its hash leads to the root (RFC 6962 section 2.1.1). */
export interface InclusionProof {
  readonly index: bigint;
  readonly size: bigint;
  /** 32 bytes. */
  readonly leaf: Uint8Array;
  /** From the leaf's sibling up to the child of the root, 32 bytes each. */
  readonly hashes: readonly Uint8Array[];
  readonly root: Uint8Array;
}

/**
 * @param at where the proof came from, for the message.
 * @throws Fault `malformed` unless the leaf is at this index of the tree of this size and root.
 */
export function verifyInclusion(proof: InclusionProof, at = 'inclusion'): void {
  const { index, size, leaf, hashes, root } = proof;
  if (index >= size) throw malformed(`${at}.index`, `${index} is not in a tree of ${size} leaves`);
  const { siblings } = subtreePath({ start: index, end: index + 1n }, size, at);
  if (hashes.length !== siblings.length) {
    throw malformed(`${at}.hashes`, `want ${siblings.length}, got ${hashes.length}`);
  }
  let hash = wantHash(leaf, `${at}.leaf`);
  for (const [i, { side }] of siblings.entries()) {
    const sibling = wantHash(hashes[i] ?? new Uint8Array(), `${at}.hashes[${i}]`);
    hash = side === 'left' ? nodeHash(sibling, hash) : nodeHash(hash, sibling);
  }
  wantSame(hash, root, `${at}.root`, 'the root');
}
