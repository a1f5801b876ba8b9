import { Made } from '../made.ts';
import { deriveP384Key, p256PublicKeyInfo } from '../p384-keys.ts';
import { deriveRsaKey, type RsaSimulatorKey } from '../rsa.ts';
import {
  authorityKeyIdentifier,
  basicConstraints,
  crlDistributionPoint,
  issueSnpCertificate,
  issueSnpCrl,
  keyUsage,
  type RawExtension,
  subjectKeyIdentifier,
} from './certificates.ts';
import type { CaExtensionName, CaProfile, SnpCertificate } from './hierarchy.ts';
import type { SnpPlan } from './plan.ts';
import { encodeVekExtensions } from './vek-extensions.ts';

/** DER of the certificates of one plan by their names there, each made once. */
export type CertificateSource = (name: string) => Promise<Uint8Array>;

export function certificatesOf(plan: SnpPlan): CertificateSource {
  const made = new Map<string, Promise<Uint8Array>>();
  return (name) => {
    const known = made.get(name) ?? issue(plan, name);
    made.set(name, known);
    return known;
  };
}

const certificates = new Made<Promise<Uint8Array>>();
const lists = new Made<Promise<Uint8Array>>();

async function issue(plan: SnpPlan, name: string): Promise<Uint8Array> {
  const certificate = certificateNamed(plan, name);
  const issuer = certificateNamed(plan, certificate.issuer);
  const issuerKey = deriveRsaKey(plan.seed, issuer.key);
  const publicKeyInfo = publicKeyInfoOf(plan, certificate);
  const { ca, vek = {} } = certificate;
  const content = {
    ...certificate,
    extensions: [
      ...(ca ? caExtensions(ca, publicKeyInfo, issuerKey, certificate.issuer === name) : []),
      ...encodeVekExtensions(vek),
    ],
  };
  const der = await certificates.once([plan.seed, content, issuer.subject, issuer.key], () =>
    issueSnpCertificate(content, publicKeyInfo, {
      name: certificate.issuerName ?? issuer.subject,
      key: deriveRsaKey(plan.seed, certificate.signedBy ?? issuer.key),
      scheme: certificate.scheme,
    }),
  );
  return certificate.afterSigning(der);
}

/** The plan's list. */
export async function crlOf(plan: SnpPlan): Promise<Uint8Array> {
  const { crl } = plan;
  const issuer = certificateNamed(plan, crl.issuer);
  const der = await lists.once([plan.seed, crl, issuer.subject, issuer.key], () =>
    issueSnpCrl(crl, {
      name: issuer.subject,
      key: deriveRsaKey(plan.seed, crl.signedBy ?? issuer.key),
      scheme: crl.scheme,
    }),
  );
  return crl.afterSigning(der);
}

/** In the order of AMD's roots, and of AMD's intermediates. */
const ROOT_ORDER: readonly CaExtensionName[] = [
  'keyUsage',
  'subjectKeyIdentifier',
  'basicConstraints',
  'crlDistributionPoint',
];
const INTERMEDIATE_ORDER: readonly CaExtensionName[] = [
  'subjectKeyIdentifier',
  'authorityKeyIdentifier',
  'basicConstraints',
  'keyUsage',
  'crlDistributionPoint',
];

function caExtensions(
  profile: CaProfile,
  publicKeyInfo: Uint8Array,
  issuer: RsaSimulatorKey,
  selfSigned: boolean,
): RawExtension[] {
  const all: Readonly<Record<CaExtensionName, RawExtension>> = {
    keyUsage: keyUsage(profile.usage),
    subjectKeyIdentifier: subjectKeyIdentifier(publicKeyInfo),
    authorityKeyIdentifier: authorityKeyIdentifier(issuer.publicKeyInfo),
    basicConstraints: basicConstraints(profile.constraint, profile.pathLength),
    crlDistributionPoint: crlDistributionPoint(profile.crlUrl),
  };
  return (selfSigned ? ROOT_ORDER : INTERMEDIATE_ORDER)
    .filter((name) => !profile.without.includes(name))
    .map((name) => all[name]);
}

function publicKeyInfoOf({ seed }: SnpPlan, { keyType, key }: SnpCertificate): Uint8Array {
  if (keyType === 'RSA-4096') return deriveRsaKey(seed, key).publicKeyInfo;
  return keyType === 'P-384'
    ? deriveP384Key(seed, key).publicKeyInfo
    : p256PublicKeyInfo(seed, key);
}

function certificateNamed(plan: SnpPlan, name: string): SnpCertificate {
  const found = plan.certificates[name];
  if (found === undefined) throw new RangeError(`the plan has no certificate ${name}`);
  return found;
}
