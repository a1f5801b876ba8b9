import { utf8 } from '../../core/bytes/text.ts';
import { chainBytes, type Relied } from '../relied-on.ts';
import { endOf, UNBOUNDED } from '../until.ts';
import { type Check, type CheckId, passedIds } from '../verdict.ts';
import type { TdxCheckId } from './checks.ts';
import type { TdxCollateral } from './collateral.ts';
import type { SignedDocument, TdxEndorsements } from './endorsements.ts';

const PCK_CRL_SIGNATURE: TdxCheckId = 'tdx.pck_crl.signature';

/** When the first of the documents and lists ends that Intel signed, in milliseconds; the PCK CRL apart. */
export function endOfEndorsements(endorsements: TdxEndorsements): number {
  const { tcbInfo, qeIdentity, rootCrl } = signedOf(endorsements);
  return Math.min(
    endOfDocument(tcbInfo),
    endOfDocument(qeIdentity),
    rootCrl?.validity.to ?? UNBOUNDED,
  );
}

/** The PCK CRL's, where the checks about it say that it is the CA's own. */
export function endOfPckCrl({ pckCrl }: TdxEndorsements, checks: readonly Check[]): number {
  return pckCrl && isPckCrlSigned(checks) ? pckCrl.validity.to : UNBOUNDED;
}

/** What was relied upon, out of date or not. */
export function reliedOn(
  collateral: TdxCollateral,
  endorsements: TdxEndorsements,
  ofPckCrl: readonly Check[],
): readonly Relied[] {
  const { tcbInfo, qeIdentity, rootCrl } = signedOf(endorsements);
  const { pckCrl } = endorsements;
  return [
    ...reliedDocument('tcb-info', tcbInfo, collateral.tcb_info),
    ...reliedDocument('qe-identity', qeIdentity, collateral.qe_identity),
    ...(rootCrl ? [{ kind: 'root-crl' as const, bytes: rootCrl.der }] : []),
    ...(pckCrl && isPckCrlSigned(ofPckCrl)
      ? [{ kind: 'pck-crl' as const, bytes: pckCrl.der }]
      : []),
  ];
}

/** Without the documents that their signers did not sign. */
function signedOf({ checks, tcbInfo, qeIdentity, rootCrl }: TdxEndorsements) {
  const passed = passedIds(checks);
  return {
    tcbInfo: signed(tcbInfo, passed, 'tdx.tcb_info.signature'),
    qeIdentity: signed(qeIdentity, passed, 'tdx.qe_identity.signature'),
    rootCrl,
  };
}

function signed<T>(
  document: SignedDocument<T>,
  passed: ReadonlySet<CheckId>,
  id: TdxCheckId,
): SignedDocument<T> | undefined {
  return passed.has(id) && document.value !== undefined ? document : undefined;
}

function isPckCrlSigned(checks: readonly Check[]): boolean {
  return checks.some(({ id, outcome }) => id === PCK_CRL_SIGNATURE && outcome === 'pass');
}

function endOfDocument(
  document: SignedDocument<{ readonly validity: { readonly to: number } }> | undefined,
): number {
  if (document?.value === undefined) return UNBOUNDED;
  return Math.min(document.value.validity.to, endOf(document.signer ?? []));
}

function reliedDocument(
  kind: 'tcb-info' | 'qe-identity',
  document: SignedDocument<unknown> | undefined,
  text: string | undefined,
): readonly Relied[] {
  if (document === undefined || text === undefined) return [];
  return [
    { kind, bytes: utf8(text) },
    { kind: 'tcb-signing-chain', bytes: chainBytes(document.signer ?? []) },
  ];
}
