import type { Check, Verdict } from '../../../evidence/verdict.ts';
import { checkRevision } from './check-revision.ts';
import type { Keyring } from './keyring.ts';
import { type KnownRevision, revisionOf } from './revision.ts';
import type { SignedPolicyResult } from './signed-policy.ts';

/** What a signed policy is to follow on, as far as whoever takes it says. */
export interface Chain {
  /** The revision that was accepted last. */
  readonly previous: KnownRevision;
  /** Milliseconds since the epoch; undefined for now. */
  readonly firstSeen: number | undefined;
}

/** How a signed policy follows on the last; undefined where that is not asked, or can't be. */
export function followsOn(
  { policy, signed }: SignedPolicyResult,
  chain: Chain | undefined,
  keyring: Keyring,
  now: number,
): { readonly verdict: Verdict; readonly checks: readonly Check[] } | undefined {
  if (chain === undefined || policy === undefined || signed === undefined) return undefined;
  const { previous, firstSeen } = chain;
  const context = { keyring, signed, now, ...(firstSeen !== undefined && { firstSeen }) };
  return checkRevision(previous, revisionOf(policy), context);
}
