import { formatTime } from '../../core/encoding/time.ts';
import { anchorKindOf, type TrustAnchor } from '../../core/x509/anchors.ts';
import type { Certificate } from '../../core/x509/certificate.ts';
import { anchorOf } from '../../core/x509/chain.ts';
import { CheckList } from '../check-list.ts';
import { endOf, untilMember } from '../until.ts';
import { allIn, conclude, passedIds } from '../verdict.ts';
import type { Verification } from '../verification.ts';
import { TDX_CHECKS, type TdxCheckId } from './checks.ts';
import type { TdxClocks } from './clocks.ts';
import { readCollateral, type TdxCollateral } from './collateral.ts';
import { endorsementClaims } from './collateral-claims.ts';
import { checkPckCrlAlone } from './crls.ts';
import { readEndorsements, type TdxEndorsements } from './endorsements.ts';
import { endOfEndorsements, endOfPckCrl } from './relied-on.ts';
import { checkClocks, checkEndorsementValidity } from './validity.ts';

/** What must pass for a set of collateral by itself. */
const REQUIRED: ReadonlySet<TdxCheckId> = new Set([
  'tdx.clock',
  'tdx.root_crl.format',
  'tdx.root_crl.signature',
  'tdx.root_crl.validity',
  'tdx.pck_crl.signer',
  'tdx.pck_crl.format',
  'tdx.pck_crl.signature',
  'tdx.pck_crl.validity',
  'tdx.tcb_info.format',
  'tdx.tcb_info.signer',
  'tdx.tcb_info.revocation',
  'tdx.tcb_info.signature',
  'tdx.tcb_info.validity',
  'tdx.qe_identity.format',
  'tdx.qe_identity.signer',
  'tdx.qe_identity.revocation',
  'tdx.qe_identity.signature',
  'tdx.qe_identity.validity',
]);

const AUTHENTIC = new Set(
  [...REQUIRED].filter((id) => id !== 'tdx.tcb_info.validity' && id !== 'tdx.qe_identity.validity'),
);

/**
 * Collateral without a quote: is all of it Intel's, unrevoked and in date?
 *
 * Where several anchors are trusted, all of it must be under one of them.
 */
export function verifyTdxCollateral(
  collateral: TdxCollateral | Uint8Array,
  { anchors, at }: { readonly anchors: readonly TrustAnchor[]; readonly at: TdxClocks },
): Verification {
  const results = (anchors.length === 0 ? [[]] : anchors.map((anchor) => [anchor])).map((alone) =>
    verifyUnder(collateral, alone, at),
  );
  // Under the wrong anchor nearly everything fails: the fewest failures are the right one's.
  const failures = ({ checks }: Verification) =>
    checks.filter(({ outcome }) => outcome === 'fail').length;
  return results.reduce((best, next) => (failures(next) < failures(best) ? next : best));
}

function verifyUnder(
  collateral: TdxCollateral | Uint8Array,
  anchors: readonly TrustAnchor[],
  at: TdxClocks,
): Verification {
  const checks = new CheckList(TDX_CHECKS);
  checkClocks(checks, at);
  const read = readCollateral(checks, collateral);
  const endorsements = readEndorsements(read, anchors);
  checks.add(endorsements.checks);
  const issuer = checkIssuer(checks, endorsements, read.pck_crl_issuer_chain, anchors);
  checkEndorsementValidity(checks, endorsements, at, issuer);
  const root = issuer?.at(-1) ?? endorsements.tcbInfo.signer?.at(-1);
  const all = checks.all;
  return {
    verdict: conclude(all, REQUIRED),
    authentic: allIn(passedIds(all), AUTHENTIC),
    evidence: 'tdx',
    anchors: anchorKindOf(root && anchorOf(root, anchors), anchors),
    revocation: endorsements.rootCrl ? 'checked' : 'unchecked',
    at: formatTime(at.tcbInfo),
    ...untilMember(
      Math.min(
        endOfEndorsements(endorsements),
        endOfPckCrl(endorsements, all),
        endOf(issuer ?? []),
      ),
    ),
    checks: all,
    claims: endorsementClaims(endorsements),
  };
}

function checkIssuer(
  checks: CheckList<TdxCheckId>,
  endorsements: TdxEndorsements,
  pem: string | undefined,
  anchors: readonly TrustAnchor[],
): readonly Certificate[] | undefined {
  if (pem === undefined) {
    checks.unresolved('tdx.pck_crl.signer', 'no pck_crl_issuer_chain was given');
    return undefined;
  }
  const pckCrl = checkPckCrlAlone(endorsements, pem, anchors);
  checks.add(pckCrl.checks);
  return pckCrl.issuer;
}
