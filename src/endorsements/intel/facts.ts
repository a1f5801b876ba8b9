import { toHex } from '../../core/bytes/hex.ts';
import { utf8 } from '../../core/bytes/text.ts';
import { fromPem } from '../../core/encoding/pem.ts';
import { malformed } from '../../core/fault.ts';
import { parseCertificate } from '../../core/x509/certificate.ts';
import { type Crl, parseNumberedCrl } from '../../core/x509/crl.ts';
import type { Validity } from '../../core/x509/validity.ts';
import type { TdxCollateral } from '../../evidence/tdx/collateral.ts';
import { parseQeIdentity } from '../../evidence/tdx/qe-identity.ts';
import { parseTcbInfo } from '../../evidence/tdx/tcb-info.ts';
import { crlFromAnyForm } from '../crl-text.ts';
import type { PckCa } from './key.ts';

/** One signed document's age, as rollback is measured by it. */
export interface DocumentFacts {
  readonly name: string;
  /** TCB info and QE identity only. */
  readonly evaluationDataNumber?: number;
  /** issueDate or thisUpdate, to nextUpdate. */
  readonly validity: Validity;
}

/** What a set of collateral says about itself; no signature is looked at here. */
export interface TdxCollateralFacts {
  /** 12 hex digits, lower case. */
  readonly fmspc: string;
  /** By the issuer of the PCK CRL; undefined when it is neither of Intel's two. */
  readonly ca: PckCa | undefined;
  readonly tcbInfo: DocumentFacts & { readonly evaluationDataNumber: number };
  readonly qeIdentity: DocumentFacts & { readonly evaluationDataNumber: number };
  readonly pckCrl: DocumentFacts;
  readonly rootCaCrl: DocumentFacts;
  /** When all documents and the certificates that signed them are in date at once. */
  readonly validity: Validity;
  /** The earliest nextUpdate of the four documents. */
  readonly nextUpdate: number;
}

const CA_BY_COMMON_NAME: ReadonlyMap<string, PckCa> = new Map([
  ['Intel SGX PCK Platform CA', 'platform'],
  ['Intel SGX PCK Processor CA', 'processor'],
]);

/** @throws Fault `malformed` at `collateral.<member>`. */
export function tdxCollateralFacts(collateral: TdxCollateral): TdxCollateralFacts {
  const tcb = parseTcbInfo(member(collateral, 'tcb_info'));
  const qe = parseQeIdentity(member(collateral, 'qe_identity'));
  const pckCrl = crl(collateral, 'pck_crl');
  const rootCaCrl = crl(collateral, 'root_ca_crl');
  const documents = [tcb.validity, qe.validity, pckCrl.validity, rootCaCrl.validity];
  const windows = [...documents, ...signers(collateral)];
  return {
    fmspc: toHex(tcb.fmspc),
    ca: CA_BY_COMMON_NAME.get(pckCrl.issuer.commonName),
    tcbInfo: { name: 'TCB info', ...aged(tcb) },
    qeIdentity: { name: 'QE identity', ...aged(qe) },
    pckCrl: { name: 'PCK CRL', validity: pckCrl.validity },
    rootCaCrl: { name: 'root CA CRL', validity: rootCaCrl.validity },
    validity: {
      from: Math.max(...windows.map((window) => window.from)),
      to: Math.min(...windows.map((window) => window.to)),
    },
    nextUpdate: Math.min(...documents.map((window) => window.to)),
  };
}

function aged({
  evaluationDataNumber,
  validity,
}: {
  readonly evaluationDataNumber: number;
  readonly validity: Validity;
}) {
  return { evaluationDataNumber, validity };
}

function signers(collateral: TdxCollateral): readonly Validity[] {
  const members = [
    'tcb_info_issuer_chain',
    'qe_identity_issuer_chain',
    'pck_crl_issuer_chain',
  ] as const;
  return members.flatMap((name) => {
    const at = `collateral.${name}`;
    const ders = fromPem(member(collateral, name), 'CERTIFICATE', at);
    return ders.map((der, i) => parseCertificate(der, `${at}[${i}]`).validity);
  });
}

function crl(collateral: TdxCollateral, name: 'pck_crl' | 'root_ca_crl'): Crl {
  const at = `collateral.${name}`;
  return parseNumberedCrl(crlFromAnyForm(utf8(member(collateral, name)), at), at);
}

function member(collateral: TdxCollateral, name: keyof TdxCollateral): string {
  const text = collateral[name];
  if (text === undefined) throw malformed(`collateral.${name}`, 'missing');
  return text;
}
