import { malformed } from '../../core/fault.ts';

/** Leaves from `start` up to but without `end`. */
export interface LeafRange {
  readonly start: bigint;
  readonly end: bigint;
}

/** One turn on the way from a tree's root down to a subtree: what lies on the other side. */
export interface Sibling extends LeafRange {
  readonly side: 'left' | 'right';
  /** Part of the subtree, so that its own root is made of it too. */
  readonly inside: boolean;
}

/** How a subtree hangs in its tree; which hashes a proof consists of follows from the numbers alone. */
export interface SubtreePath {
  /** From the leaves up, as proofs are written. */
  readonly siblings: readonly Sibling[];
  /** Where the way starts: the subtree itself, or else its last complete part. */
  readonly base: LeafRange;
  /** The base is not the subtree: its hash is the first one of the proof. */
  readonly split: boolean;
}

const LARGEST = 2n ** 64n - 1n;

/**
 * The way to the subtree [start, end) in a tree of `size` leaves, by RFC 6962 section 2.1.2 and,
 * for subtrees that don't begin with the first leaf, section 4 of the Merkle Tree Certificates
 * draft. It is the path of an inclusion proof (a subtree of one leaf), of a consistency proof (one
 * that begins at 0), and of the general case.
 *
 * @throws Fault `malformed` unless `start < end <= size`, and `start` a multiple of the smallest
 *   power of two that is not below `end - start`.
 */
export function subtreePath({ start, end }: LeafRange, size: bigint, at: string): SubtreePath {
  wantSubtree({ start, end }, at);
  if (end > wantCount(size, `${at}.size`)) {
    throw malformed(at, `[${start}, ${end}) is not in a tree of ${size} leaves`);
  }
  const siblings: Sibling[] = [];
  // [low, high) shrinks to the base; `from` is where the subtree starts in it.
  let [low, high, from] = [0n, size, start];
  let split = false;
  let power = powerFrom(size);
  while (from !== low || end !== high) {
    while (power >= high - low) power /= 2n;
    const middle = low + power;
    if (end <= middle) {
      siblings.push({ side: 'right', start: middle, end: high, inside: false });
      high = middle;
    } else {
      const inside = from < middle;
      siblings.push({ side: 'left', start: low, end: middle, inside });
      low = middle;
      if (inside) {
        from = middle;
        split = true;
      }
    }
  }
  return { siblings: siblings.reverse(), base: { start: low, end: high }, split };
}

/** Of a subtree that is valid in some tree. @throws Fault `malformed`. */
export function wantSubtree({ start, end }: LeafRange, at: string): void {
  wantCount(start, `${at}.start`);
  wantCount(end, `${at}.end`);
  if (start >= end) throw malformed(at, `[${start}, ${end}) has no leaf`);
  if (start % powerFrom(end - start) !== 0n) {
    throw malformed(at, `[${start}, ${end}) is no subtree: it does not begin where one can`);
  }
}

/** Sizes and indexes are 64 bits wide in every format. @throws Fault `malformed`. */
export function wantCount(count: bigint, at: string): bigint {
  if (count < 0n || count > LARGEST) throw malformed(at, `${count} is no number of 64 bits`);
  return count;
}

/** The smallest power of two that is not below a positive number. */
function powerFrom(number: bigint): bigint {
  let power = 1n;
  while (power < number) power *= 2n;
  return power;
}
