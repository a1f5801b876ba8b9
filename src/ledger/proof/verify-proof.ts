import { leafHash } from '../tree/hash.ts';
import { verifyInclusion } from '../tree/inclusion.ts';
import { type Judgement, verifyCheckpoint } from '../trust/judge.ts';
import type { TlogPolicy } from '../trust/tlog-policy.ts';
import type { TlogProof } from './tlog-proof.ts';

/**
 * That an entry is in a log that the policy trusts, witnessed as it wants.
 *
 * @param entry exactly the bytes that are said to have been logged.
 * @returns what the policy says of the checkpoint.
 * @throws Fault `malformed` at `<at>.checkpoint…` when that is not trusted, or at `<at>.<field>` when
 *   the entry is not at this index of its tree.
 */
export function verifyTlogProof(
  proof: TlogProof,
  entry: Uint8Array,
  policy: TlogPolicy,
  at = 'proof',
): Judgement {
  const judgement = verifyCheckpoint(proof.checkpoint, policy, `${at}.checkpoint`);
  const { size, root } = judgement.checkpoint;
  const { index, hashes } = proof;
  verifyInclusion({ index, size, leaf: leafHash(entry), hashes, root }, at);
  return judgement;
}
