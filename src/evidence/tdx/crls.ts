import type { Mismatch } from '../../core/mismatch.ts';
import type { TrustAnchor } from '../../core/x509/anchors.ts';
import type { Certificate } from '../../core/x509/certificate.ts';
import { crlProblem } from '../../core/x509/chain.ts';
import type { Crl } from '../../core/x509/crl.ts';
import { CheckList } from '../check-list.ts';
import type { Check } from '../verdict.ts';
import { TDX_CHECKS, type TdxCheckId } from './checks.ts';
import { revokedProblem, type TdxEndorsements } from './endorsements.ts';
import { readIssuerChain } from './issuer-chain.ts';
import type { PckCertificates } from './pck-chain.ts';
import { PCK_CA, ROOT_CA } from './roles.ts';

/** Whether the PCK CRL is this CA's, and whether the two lists revoke the quote's certificates. */
export function checkRevocation(
  endorsements: TdxEndorsements,
  { leaf, ca }: PckCertificates,
): readonly Check[] {
  const checks = new CheckList(TDX_CHECKS);
  const pckCrl = checkPckCrl(checks, endorsements.pckCrl, ca);
  const revoked =
    (endorsements.rootCrl && revokedProblem(ca, endorsements.rootCrl)) ??
    (pckCrl && revokedProblem(leaf, pckCrl));
  if (revoked) checks.fail('tdx.pck.revocation', revoked);
  else if (endorsements.rootCrl && pckCrl) checks.pass('tdx.pck.revocation');
  else checks.unresolved('tdx.pck.revocation', 'not both CRLs can be relied upon');
  return checks.all;
}

/**
 * The same question where there is no quote: the list is checked against the issuer chain
 * that came with it.
 */
export function checkPckCrlAlone(
  endorsements: TdxEndorsements,
  pem: string,
  anchors: readonly TrustAnchor[],
): { readonly checks: readonly Check[]; readonly issuer: readonly Certificate[] | undefined } {
  const checks = new CheckList(TDX_CHECKS);
  const issuer = checks.read('tdx.pck_crl.signer', () =>
    readIssuerChain(pem, [PCK_CA, ROOT_CA], anchors, 'collateral.pck_crl_issuer_chain'),
  );
  const ca = issuer?.[0];
  if (ca) {
    checkPckCrl(checks, endorsements.pckCrl, ca);
    const problem = endorsements.rootCrl && revokedProblem(ca, endorsements.rootCrl);
    if (problem) checks.fail('tdx.pck.revocation', problem);
  }
  return { checks: checks.all, issuer };
}

/** @returns the list when it is the CA's own. */
function checkPckCrl(
  checks: CheckList<TdxCheckId>,
  crl: Crl | undefined,
  ca: Certificate,
): Crl | undefined {
  if (crl === undefined) return undefined;
  const problem: Mismatch | undefined = crlProblem(crl, ca);
  checks.answer('tdx.pck_crl.signature', problem);
  return problem === undefined ? crl : undefined;
}
