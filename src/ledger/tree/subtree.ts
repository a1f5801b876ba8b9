import { malformed } from '../../core/fault.ts';
import { EMPTY_ROOT, nodeHash, wantHash, wantSame } from './hash.ts';
import { verifyInclusion } from './inclusion.ts';
import { subtreePath, wantCount, wantSubtree } from './subtree-path.ts';

/** Where a leaf is in the subtree [start, end); its index is that in the whole tree. */
export interface SubtreeInclusionProof {
  readonly index: bigint;
  readonly start: bigint;
  readonly end: bigint;
  readonly leaf: Uint8Array;
  readonly hashes: readonly Uint8Array[];
  /** Of the subtree. */
  readonly root: Uint8Array;
}

/** @throws Fault `malformed` unless the leaf is at this index of the subtree of this root. */
export function verifySubtreeInclusion(proof: SubtreeInclusionProof, at = 'inclusion'): void {
  const { index, start, end, leaf, hashes, root } = proof;
  wantSubtree({ start, end }, at);
  if (index < start || index >= end) {
    throw malformed(`${at}.index`, `${index} is not in [${start}, ${end})`);
  }
  verifyInclusion({ index: index - start, size: end - start, leaf, hashes, root }, at);
}

/** That the subtree [start, end) is part of a tree. */
export interface SubtreeConsistencyProof {
  readonly start: bigint;
  readonly end: bigint;
  readonly subtreeRoot: Uint8Array;
  readonly size: bigint;
  readonly root: Uint8Array;
  readonly hashes: readonly Uint8Array[];
}

/**
 * Merkle Tree Certificates draft, section 4.4. The subtree without a leaf is part of every tree
 * that is large enough, and nothing is then said of the tree's root.
 *
 * @throws Fault `malformed` unless both roots follow from the hashes.
 */
export function verifySubtreeConsistency(proof: SubtreeConsistencyProof, at = 'consistency'): void {
  const { start, end, subtreeRoot, size, root, hashes } = proof;
  if (start === end) {
    verifyEmptySubtree(proof, at);
    return;
  }
  const { part, whole } = subtreeRoots({ start, end, subtreeRoot, size, hashes }, at);
  wantSame(part, subtreeRoot, `${at}.subtreeRoot`, 'the smaller root');
  wantSame(whole, root, `${at}.root`, 'the larger root');
}

/**
 * What the hashes of a proof make of a subtree that is not empty, and what of the whole tree. A
 * subtree that is one complete node is not among the hashes: then `part` is the root as given.
 *
 * @throws Fault `malformed` for another number of hashes than such a proof has.
 */
export function subtreeRoots(
  { start, end, subtreeRoot, size, hashes }: Omit<SubtreeConsistencyProof, 'root'>,
  at = 'consistency',
): { readonly part: Uint8Array; readonly whole: Uint8Array } {
  const { siblings, split } = subtreePath({ start, end }, size, at);
  const given = siblings.length + (split ? 1 : 0);
  if (hashes.length !== given) {
    throw malformed(`${at}.hashes`, `want ${given}, got ${hashes.length}`);
  }
  for (const [i, hash] of hashes.entries()) wantHash(hash, `${at}.hashes[${i}]`);
  const base = split ? (hashes[0] ?? subtreeRoot) : subtreeRoot;
  let [part, whole] = [base, base];
  for (const [i, { side, inside }] of siblings.entries()) {
    const sibling = hashes[split ? i + 1 : i] ?? new Uint8Array();
    if (inside) part = nodeHash(sibling, part);
    whole = side === 'left' ? nodeHash(sibling, whole) : nodeHash(whole, sibling);
  }
  return { part, whole };
}

function verifyEmptySubtree(proof: SubtreeConsistencyProof, at: string): void {
  const { start, size, subtreeRoot, hashes } = proof;
  if (wantCount(start, `${at}.start`) > wantCount(size, `${at}.size`)) {
    throw malformed(at, `[${start}, ${start}) is not in a tree of ${size} leaves`);
  }
  if (hashes.length > 0) throw malformed(`${at}.hashes`, `want none, got ${hashes.length}`);
  wantSame(EMPTY_ROOT, subtreeRoot, `${at}.subtreeRoot`, 'the smaller root');
}
