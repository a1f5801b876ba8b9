import { malformed } from '../../core/fault.ts';
import { verifySubtreeConsistency } from './subtree.ts';

/** That one tree is what another begins with (RFC 6962 section 2.1.2). */
export interface ConsistencyProof {
  readonly size1: bigint;
  readonly root1: Uint8Array;
  readonly size2: bigint;
  readonly root2: Uint8Array;
  /** In the order of RFC 6962, 32 bytes each; none when the sizes are the same. */
  readonly hashes: readonly Uint8Array[];
}

/**
 * A `size1` of 0 is refused: every tree begins with the empty one, so that a proof of it would
 * show nothing. Who starts from nothing has to say so, and not ask here.
 *
 * @param at where the proof came from, for the message.
 * @throws Fault `malformed` unless both roots follow from the hashes.
 */
export function verifyConsistency(proof: ConsistencyProof, at = 'consistency'): void {
  const { size1, root1, size2, root2, hashes } = proof;
  if (size1 <= 0n) throw malformed(`${at}.size1`, `nothing is proven of a tree of ${size1} leaves`);
  if (size1 > size2) throw malformed(`${at}.size2`, `${size2} is smaller than ${size1}`);
  verifySubtreeConsistency(
    { start: 0n, end: size1, subtreeRoot: root1, size: size2, root: root2, hashes },
    at,
  );
}
