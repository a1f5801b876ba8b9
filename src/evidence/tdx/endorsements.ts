import { fromHex, isHex } from '../../core/bytes/hex.ts';
import { utf8 } from '../../core/bytes/text.ts';
import { DUPLICATE_MEMBER } from '../../core/encoding/json.ts';
import { fromPem } from '../../core/encoding/pem.ts';
import { formatTime } from '../../core/encoding/time.ts';
import { Fault, malformed } from '../../core/fault.ts';
import type { Mismatch } from '../../core/mismatch.ts';
import type { TrustAnchor } from '../../core/x509/anchors.ts';
import type { Certificate } from '../../core/x509/certificate.ts';
import { crlProblem } from '../../core/x509/chain.ts';
import { type Crl, parseNumberedCrl } from '../../core/x509/crl.ts';
import { isSignature } from '../../core/x509/signed.ts';
import { CheckList } from '../check-list.ts';
import type { Check } from '../verdict.ts';
import { TDX_CHECKS } from './checks.ts';
import type { TdxCollateral } from './collateral.ts';
import { readIssuerChain } from './issuer-chain.ts';
import { parseQeIdentity, type QeIdentity } from './qe-identity.ts';
import { ROOT_CA, TCB_SIGNER } from './roles.ts';
import { parseTcbInfo, type TcbInfo } from './tcb-info.ts';

/** A document of Intel's with its signer, as far as each could be read. */
export interface SignedDocument<T> {
  readonly value: T | undefined;
  /** Leaf first; undefined when the chain is missing or refused. */
  readonly signer: readonly Certificate[] | undefined;
}

/**
 * Everything about a set of collateral that does not depend on the time or on a quote.
 * Signatures are checked here, once; dates are compared at each verification, so that a
 * remembered set can never outlive its validity.
 */
export interface TdxEndorsements {
  readonly checks: readonly Check[];
  readonly tcbInfo: SignedDocument<TcbInfo>;
  readonly qeIdentity: SignedDocument<QeIdentity>;
  /** Readable and signed by an anchor. */
  readonly rootCrl: Crl | undefined;
  /** Readable; who signed it is asked together with the quote's PCK chain. */
  readonly pckCrl: Crl | undefined;
}

type Documents = 'tcb_info' | 'qe_identity';

const NAMES: Readonly<Record<Documents, string>> = {
  tcb_info: 'TCB info',
  qe_identity: 'QE identity',
};

/** @param missing why members are missing, if somebody knows. */
export function readEndorsements(
  collateral: TdxCollateral,
  anchors: readonly TrustAnchor[],
  missing?: string,
): TdxEndorsements {
  const checks = new CheckList(TDX_CHECKS);
  const why = missing === undefined ? '' : `: ${missing}`;
  const rootCrl = readRootCrl(checks, collateral.root_ca_crl, anchors, why);
  const pckCrl = readCrl(checks, 'tdx.pck_crl.format', collateral.pck_crl, 'pck_crl', why);
  const signers = signerReader(anchors);
  const tcbInfo = readDocument(checks, 'tcb_info', parseTcbInfo, collateral, signers, rootCrl, why);
  const qeIdentity = readDocument(
    checks,
    'qe_identity',
    parseQeIdentity,
    collateral,
    signers,
    rootCrl,
    why,
  );
  return { checks: checks.all, tcbInfo, qeIdentity, rootCrl, pckCrl };
}

/** Hex or PEM, as the sources serve it, into DER. */
export function decodeCrl(text: string, path: string): Uint8Array {
  const trimmed = text.trim();
  if (isHex(trimmed)) return fromHex(trimmed, path);
  const [der, ...more] = fromPem(trimmed, 'X509 CRL', path);
  if (der === undefined || more.length > 0) throw malformed(path, 'want one CRL, in hex or PEM');
  return der;
}

function readCrl(
  checks: CheckList<keyof typeof TDX_CHECKS>,
  id: 'tdx.root_crl.format' | 'tdx.pck_crl.format',
  text: string | undefined,
  member: 'root_ca_crl' | 'pck_crl',
  why: string,
): Crl | undefined {
  const path = `collateral.${member}`;
  if (text === undefined) {
    checks.unresolved(id, `no ${member} was given${why}; revocation is unknown`);
    return undefined;
  }
  return checks.read(id, () => parseNumberedCrl(decodeCrl(text, path), path));
}

function readRootCrl(
  checks: CheckList<keyof typeof TDX_CHECKS>,
  text: string | undefined,
  anchors: readonly TrustAnchor[],
  why: string,
): Crl | undefined {
  const crl = readCrl(checks, 'tdx.root_crl.format', text, 'root_ca_crl', why);
  if (crl === undefined) return undefined;
  let problem: Mismatch | undefined = { want: 'a CRL of a trust anchor', got: 'no anchor to ask' };
  for (const anchor of anchors) {
    problem = crlProblem(crl, anchor.certificate);
    if (problem === undefined) break;
  }
  checks.answer('tdx.root_crl.signature', problem);
  return problem === undefined ? crl : undefined;
}

type SignerReader = (pem: string, path: string) => readonly Certificate[] | Mismatch;

/** TCB info and QE identity mostly come with the same chain: equal text is read once. */
function signerReader(anchors: readonly TrustAnchor[]): SignerReader {
  let last: { pem: string; chain: readonly Certificate[] | Mismatch } | undefined;
  return (pem, path) => {
    if (last?.pem !== pem) {
      last = { pem, chain: readIssuerChain(pem, [TCB_SIGNER, ROOT_CA], anchors, path) };
    }
    return last.chain;
  };
}

function readDocument<T extends object>(
  checks: CheckList<keyof typeof TDX_CHECKS>,
  kind: Documents,
  parse: (text: string) => T,
  collateral: TdxCollateral,
  readSigner: SignerReader,
  rootCrl: Crl | undefined,
  why: string,
): SignedDocument<T> {
  const name = NAMES[kind];
  const text = collateral[kind];
  if (text === undefined) {
    checks.unresolved(`tdx.${kind}.format`, `no ${name} was given${why}`);
    return { value: undefined, signer: undefined };
  }
  const value = checks.read(`tdx.${kind}.format`, () => parseSigned(text, kind, parse));
  const signer = checkSigner(checks, kind, collateral[`${kind}_issuer_chain`], readSigner);
  const leaf = signer?.[0];
  if (leaf) {
    checkSignerRevocation(checks, kind, leaf, rootCrl);
    checkSignature(checks, kind, text, collateral[`${kind}_signature`], leaf);
  }
  return { value, signer };
}

/** Text that UTF-8 can't hold would be hashed as something else than it says. */
function parseSigned<T>(text: string, kind: Documents, parse: (text: string) => T): T {
  if (!text.isWellFormed()) throw malformed(`collateral.${kind}`, 'a lone surrogate');
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof Fault) || !error.detail.startsWith(DUPLICATE_MEMBER)) throw error;
    throw malformed(error.at, `${error.detail}; Intel’s library takes it when it is signed`);
  }
}

function checkSigner(
  checks: CheckList<keyof typeof TDX_CHECKS>,
  kind: Documents,
  pem: string | undefined,
  readSigner: SignerReader,
): readonly Certificate[] | undefined {
  const id = `tdx.${kind}.signer` as const;
  if (pem === undefined) {
    checks.unresolved(id, `no certificate chain for the ${NAMES[kind]} was given`);
    return undefined;
  }
  return checks.read(id, () => readSigner(pem, `collateral.${kind}_issuer_chain`));
}

function checkSignerRevocation(
  checks: CheckList<keyof typeof TDX_CHECKS>,
  kind: Documents,
  leaf: Certificate,
  rootCrl: Crl | undefined,
): void {
  const id = `tdx.${kind}.revocation` as const;
  if (rootCrl === undefined) checks.unresolved(id, 'no root CA CRL that can be relied upon');
  else checks.answer(id, revokedProblem(leaf, rootCrl));
}

function checkSignature(
  checks: CheckList<keyof typeof TDX_CHECKS>,
  kind: Documents,
  text: string,
  hex: string | undefined,
  leaf: Certificate,
): void {
  const id = `tdx.${kind}.signature` as const;
  if (hex === undefined) {
    checks.unresolved(id, `no signature of the ${NAMES[kind]} was given`);
    return;
  }
  checks.read(id, () => {
    const signature = fromHex(hex, `collateral.${kind}_signature`, 64);
    return isSignature(signature, utf8(text), leaf.publicKey)
      ? signature
      : { want: `signed by ${leaf.subject.text}`, got: 'an invalid signature over these bytes' };
  });
}

export function revokedProblem(certificate: Certificate, crl: Crl): Mismatch | undefined {
  const at = crl.revoked.get(certificate.serial);
  if (at === undefined) return undefined;
  return {
    want: `${certificate.subject.commonName} not revoked`,
    got: `serial ${certificate.serial} revoked ${formatTime(at)}`,
  };
}
