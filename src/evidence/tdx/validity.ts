import type { Certificate } from '../../core/x509/certificate.ts';
import { outsideValidity } from '../../core/x509/validity.ts';
import type { CheckList } from '../check-list.ts';
import type { TdxCheckId } from './checks.ts';
import type { TdxClocks } from './clocks.ts';
import type { SignedDocument, TdxEndorsements } from './endorsements.ts';
import type { PckCertificates } from './pck-chain.ts';
import type { QeIdentity } from './qe-identity.ts';
import type { TcbInfo } from './tcb-info.ts';

type Checks = CheckList<TdxCheckId>;

/** A clock that is no instant fails here; every window below then refuses it as well. */
export function checkClocks(checks: Checks, clocks: TdxClocks): void {
  const wrong = Object.entries(clocks).find(([, ms]) => !Number.isFinite(ms));
  checks.answer(
    'tdx.clock',
    wrong && { want: 'a time to verify at', got: `${wrong[0]} clock is ${wrong[1]}` },
  );
}

/** The evidence's own certificates: outside their validity the quote was never endorsed. */
export function checkPckValidity(
  checks: Checks,
  { leaf, ca, root }: PckCertificates,
  now: number,
): void {
  checks.answer(
    'tdx.pck.validity',
    outsideCertificates([leaf, ca, root], now),
    'both ends of the validity count; Intel’s library does not compare notBefore',
  );
}

/**
 * Endorsements out of date are no accusation: they leave the question open.
 *
 * @param pckCrlIssuer where there is no quote whose chain is judged by itself.
 */
export function checkEndorsementValidity(
  checks: Checks,
  endorsements: TdxEndorsements,
  clocks: TdxClocks,
  pckCrlIssuer: readonly Certificate[] = [],
): void {
  const { rootCrl, pckCrl, tcbInfo, qeIdentity } = endorsements;
  if (rootCrl) {
    within(
      checks,
      'tdx.root_crl.validity',
      outsideValidity('root CA CRL', rootCrl.validity, clocks.crl),
    );
  }
  if (pckCrl) {
    within(
      checks,
      'tdx.pck_crl.validity',
      outsideValidity('PCK CRL', pckCrl.validity, clocks.crl) ??
        outsideCertificates(pckCrlIssuer, clocks.crl),
    );
  }
  checkDocument(checks, 'tdx.tcb_info.validity', 'TCB info', tcbInfo, clocks.tcbInfo);
  checkDocument(checks, 'tdx.qe_identity.validity', 'QE identity', qeIdentity, clocks.qeIdentity);
}

function checkDocument(
  checks: Checks,
  id: 'tdx.tcb_info.validity' | 'tdx.qe_identity.validity',
  name: string,
  { value, signer }: SignedDocument<TcbInfo | QeIdentity>,
  now: number,
): void {
  if (value === undefined) return;
  within(
    checks,
    id,
    outsideValidity(name, value.validity, now) ?? outsideCertificates(signer ?? [], now),
  );
}

function within(checks: Checks, id: TdxCheckId, problem: ReturnType<typeof outsideValidity>): void {
  if (problem === undefined) checks.pass(id);
  else {
    const stricter = problem.early ? '; Intel’s library does not ask whether it is valid yet' : '';
    checks.unresolved(id, `want ${problem.want}, got ${problem.got}${stricter}`);
  }
}

function outsideCertificates(chain: readonly Certificate[], now: number) {
  for (const { subject, validity } of chain) {
    const problem = outsideValidity(subject.commonName, validity, now);
    if (problem) return problem;
  }
  return undefined;
}
