import { toHex } from '../../core/bytes/hex.ts';
import { utf8 } from '../../core/bytes/text.ts';
import { toPem } from '../../core/encoding/pem.ts';
import type { TdxCollateral } from '../../evidence/tdx/collateral.ts';
import { issueCertificate, issueCrl } from '../certificates.ts';
import { deriveKey } from '../keys.ts';
import { Made } from '../made.ts';
import type { SignedDocument } from './documents.ts';
import type { TdxCertificate, TdxCrl } from './hierarchy.ts';
import type { TdxPlan } from './plan.ts';
import { encodeSgxExtension, SGX_EXTENSION } from './sgx-extension.ts';

/** A signed document as Intel's PCS serves it. */
interface ServedDocument {
  /** The HTTP body: `{"tcbInfo":{…},"signature":"…"}` or `{"enclaveIdentity":{…},"signature":"…"}`. */
  readonly body: string;
  /** What the response header carries, before it is URL-encoded: two certificates in PEM. */
  readonly issuerChain: string;
}

/** The endorsements of one platform in the forms in which Intel's PCS serves them. */
export interface ServedEndorsements {
  readonly fmspc: string;
  readonly ca: 'platform';
  readonly tcbInfo: ServedDocument;
  readonly qeIdentity: ServedDocument;
  readonly pckCrl: { readonly der: Uint8Array; readonly issuerChain: string };
  readonly rootCrl: { readonly der: Uint8Array };
}

export interface TdxEndorsements {
  readonly collateral: TdxCollateral;
  readonly served: ServedEndorsements;
}

/** DER of the certificates of one plan by their names there, each made once. */
export type CertificateSource = (name: string) => Promise<Uint8Array>;

export function certificatesOf(plan: TdxPlan): CertificateSource {
  const made = new Map<string, Promise<Uint8Array>>();
  return (name) => {
    const known = made.get(name) ?? issue(plan, name);
    made.set(name, known);
    return known;
  };
}

const certificates = new Made<Promise<Uint8Array>>();
const lists = new Made<Promise<Uint8Array>>();

async function issue(plan: TdxPlan, name: string): Promise<Uint8Array> {
  const certificate = certificateNamed(plan, name);
  const issuer = certificateNamed(plan, certificate.issuer);
  const sgx = certificate.sgx && {
    oid: SGX_EXTENSION,
    critical: 'not-critical' as const,
    value: encodeSgxExtension(certificate.sgx),
  };
  const content = { ...certificate, more: [...certificate.more, ...(sgx ? [sgx] : [])] };
  const { commonName, key } = issuer;
  const der = await certificates.once([plan.seed, content, commonName, key], () =>
    issueCertificate(content, deriveKey(plan.seed, certificate.key), {
      commonName,
      key: deriveKey(plan.seed, key),
    }),
  );
  return certificate.afterSigning(der);
}

export async function pemChain(
  certificate: CertificateSource,
  names: readonly string[],
): Promise<string> {
  const ders = await Promise.all(names.map(certificate));
  return ders.map((der) => toPem(der, 'CERTIFICATE')).join('');
}

function certificateNamed(plan: TdxPlan, name: string): TdxCertificate {
  const found = plan.certificates[name];
  if (found === undefined) throw new RangeError(`the plan has no certificate ${name}`);
  return found;
}

async function crlOf(plan: TdxPlan, crl: TdxCrl): Promise<Uint8Array> {
  const { commonName, key } = certificateNamed(plan, crl.issuer);
  const der = await lists.once([plan.seed, crl, commonName, key], () => {
    const { publicKey } = deriveKey(plan.seed, key);
    const { sign } = deriveKey(plan.seed, crl.signedBy ?? key);
    return issueCrl(crl, { commonName, key: { publicKey, sign } });
  });
  return crl.afterSigning(der);
}

function signDocument<T>(plan: TdxPlan, document: SignedDocument<T>) {
  const text = document.write(document.content);
  const signature = deriveKey(plan.seed, document.signedBy).sign(utf8(text));
  return {
    text: document.afterSigning(text),
    signature: toHex(document.signature(signature)),
  };
}

/** Signs and issues everything that Intel would publish about this platform. */
export async function endorse(
  plan: TdxPlan,
  certificate: CertificateSource = certificatesOf(plan),
): Promise<TdxEndorsements> {
  const [tcbChain, qeChain, caChain, rootCrl, pckCrl] = await Promise.all([
    pemChain(certificate, plan.tcbInfo.chain),
    pemChain(certificate, plan.qeIdentity.chain),
    pemChain(certificate, ['platformCa', 'root']),
    crlOf(plan, plan.crls.root),
    crlOf(plan, plan.crls.pck),
  ]);
  const tcbInfo = signDocument(plan, plan.tcbInfo);
  const qeIdentity = signDocument(plan, plan.qeIdentity);
  const collateral: TdxCollateral = {
    tcb_info: tcbInfo.text,
    tcb_info_signature: tcbInfo.signature,
    tcb_info_issuer_chain: tcbChain,
    qe_identity: qeIdentity.text,
    qe_identity_signature: qeIdentity.signature,
    qe_identity_issuer_chain: qeChain,
    root_ca_crl: toHex(rootCrl),
    pck_crl: toHex(pckCrl),
    pck_crl_issuer_chain: caChain,
  };
  return {
    collateral: plan.afterCollateral(collateral),
    served: {
      fmspc: plan.tcbInfo.content.fmspc.toLowerCase(),
      ca: 'platform',
      tcbInfo: {
        body: `{"tcbInfo":${tcbInfo.text},"signature":"${tcbInfo.signature}"}`,
        issuerChain: tcbChain,
      },
      qeIdentity: {
        body: `{"enclaveIdentity":${qeIdentity.text},"signature":"${qeIdentity.signature}"}`,
        issuerChain: qeChain,
      },
      pckCrl: { der: pckCrl, issuerChain: caChain },
      rootCrl: { der: rootCrl },
    },
  };
}
