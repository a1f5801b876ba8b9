import { formatTime } from '../../../core/encoding/time.ts';
import { type AnchorKind, anchorKindOf, type TrustAnchor } from '../../../core/x509/anchors.ts';
import { firstOutside } from '../../../core/x509/chain.ts';
import { CheckList } from '../../check-list.ts';
import type { Check, Verdict } from '../../verdict.ts';
import type { Claims } from '../../verification.ts';
import { weigh } from '../../weigh.ts';
import { RIM_CHECKS, RIM_EXPECTED, type RimCheckId } from '../checks.ts';
import { rimClaims } from './claims.ts';
import { type RimAnswer, readRim } from './read-rim.ts';

/** The answer about a manifest by itself: an endorsement, and no evidence. */
export interface RimVerification {
  readonly verdict: Verdict;
  readonly authentic: boolean;
  readonly anchors: AnchorKind;
  /** RFC 3339 time that the check was made for. */
  readonly at: string;
  readonly checks: readonly Check[];
  readonly claims: Claims;
}

/** @param at milliseconds since the epoch; a signer outside of its validity leaves it open. */
export function verifyRim(
  xml: Uint8Array,
  { anchors, at }: { readonly anchors: readonly TrustAnchor[]; readonly at: number },
): RimVerification {
  const checks = new CheckList<RimCheckId>(RIM_CHECKS);
  checks.answer(
    'nvidia.rim.clock',
    Number.isFinite(at) ? undefined : { want: 'a time to verify at', got: `${at}` },
  );
  const { format, signature, chain, root, certificates, manifest, anchor } = readRim(xml, anchors);
  answer(checks, 'nvidia.rim.format', format);
  answer(checks, 'nvidia.rim.signature', signature);
  answer(checks, 'nvidia.rim.chain', chain);
  answer(checks, 'nvidia.rim.root', root);
  const outside = firstOutside(certificates, at);
  if (outside) checks.unresolved('nvidia.rim.validity', `want ${outside.want}, ${outside.got}`);
  else if (certificates.length > 0) checks.pass('nvidia.rim.validity');
  return {
    ...weigh(checks.all, RIM_EXPECTED),
    anchors: anchorKindOf(anchor, anchors),
    at: formatTime(at),
    checks: checks.all,
    claims: manifest ? rimClaims(manifest, certificates) : {},
  };
}

function answer(checks: CheckList<RimCheckId>, id: RimCheckId, given: RimAnswer): void {
  if (given === 'pass') checks.pass(id);
  else if (given) checks.fail(id, given.mismatch, { path: given.path });
}
