import { malformed } from '../../core/fault.ts';
import { EMPTY_ROOT, nodeHash } from './hash.ts';
import { type LeafRange, subtreePath } from './subtree-path.ts';

/**
 * The hash of a complete subtree: leaves `index * 2^height` up to `(index + 1) * 2^height`.
 * Numbers, not bigints: who can read all of a tree has fewer than 2^53 leaves of it.
 */
export type NodeReader = (height: number, index: number) => Uint8Array;

/** Names one complete subtree as a {@link NodeReader} is asked for it. */
export interface TreeNode {
  readonly height: number;
  readonly index: number;
}

/** Root of the tree of the first `size` leaves. */
export function rootOf(size: number, node: NodeReader): Uint8Array {
  if (size === 0) return EMPTY_ROOT;
  return rangeHash({ start: 0n, end: count(size, 'size') }, node);
}

/**
 * The hashes of an inclusion proof, from the leaf up.
 *
 * @throws Fault `malformed` for an index that is not in the tree; whatever `node` throws.
 */
export function proveInclusion(index: number, size: number, node: NodeReader): Uint8Array[] {
  const start = count(index, 'index');
  return proveSubtree({ start, end: start + 1n }, size, node);
}

/**
 * The hashes of a consistency proof between the trees of the first `size1` and `size2` leaves.
 *
 * @throws Fault `malformed` unless `0 < size1 <= size2`; whatever `node` throws.
 */
export function proveConsistency(size1: number, size2: number, node: NodeReader): Uint8Array[] {
  return proveSubtree({ start: 0n, end: count(size1, 'size1') }, size2, node);
}

/** The hashes of a proof that a subtree is part of the tree of the first `size` leaves. */
export function proveSubtree(range: LeafRange, size: number, node: NodeReader): Uint8Array[] {
  const { siblings, base, split } = subtreePath(range, count(size, 'size'), 'proof');
  return [...(split ? [base] : []), ...siblings].map((part) => rangeHash(part, node));
}

/**
 * The complete subtrees that a range which starts like one consists of, from left to right: one
 * for each bit that its length has.
 */
export function completeNodes({ start, end }: LeafRange): readonly TreeNode[] {
  const nodes: TreeNode[] = [];
  let from = Number(start);
  let left = Number(end - start);
  for (let height = Math.ceil(Math.log2(left)); height >= 0; height--) {
    const leaves = 2 ** height;
    if (leaves > left) continue;
    nodes.push({ height, index: from / leaves });
    from += leaves;
    left -= leaves;
  }
  return nodes;
}

function rangeHash(range: LeafRange, node: NodeReader): Uint8Array {
  return foldNodes(completeNodes(range).map(({ height, index }) => node(height, index)));
}

/** The hash over complete subtrees of falling size, from left to right; EMPTY_ROOT over none. */
export function foldNodes(hashes: readonly Uint8Array[]): Uint8Array {
  const last = hashes.at(-1);
  if (last === undefined) return EMPTY_ROOT;
  return hashes.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), last);
}

function count(value: number, name: string): bigint {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw malformed(`proof.${name}`, `${value} is no number of leaves`);
  }
  return BigInt(value);
}
