import { equalBytes } from '../../../core/bytes/equal.ts';
import { malformed } from '../../../core/fault.ts';
import type { Mismatch } from '../../../core/mismatch.ts';
import type { TrustAnchor } from '../../../core/x509/anchors.ts';
import { type Certificate, parseCertificate } from '../../../core/x509/certificate.ts';
import { linkProblem, type Role, roleProblem } from '../../../core/x509/chain.ts';
import { EXTENSION } from '../../../core/x509/extensions.ts';

const CA = {
  kind: 'ca',
  key: 'P-384',
  extensions: [EXTENSION.keyUsage, EXTENSION.basicConstraints],
} as const;

/** Leaf first; the names differ by generation of device and by issue. */
const ROLES: readonly Omit<Role, 'commonNames'>[] = [
  { name: 'the signer', kind: 'end-entity', key: 'P-384', extensions: [EXTENSION.keyUsage] },
  { name: 'the CA above the signer', ...CA },
  { name: 'the CA below the root', ...CA },
  { name: 'the root', ...CA },
];

const MOST_CERTIFICATES = 8;
const PATH = 'rim.Signature.KeyInfo.X509Data';

/**
 * @param anchors whose own certificates need not be parsed again when they come.
 * @throws Fault `malformed` at the certificate that can't be read.
 */
export function readSignerChain(
  ders: readonly Uint8Array[],
  anchors: readonly TrustAnchor[],
): readonly Certificate[] {
  if (ders.length > MOST_CERTIFICATES) throw malformed(PATH, `${ders.length} certificates`);
  return ders.map((der, i) => {
    const anchor = anchors.find(({ certificate }) => equalBytes(certificate.der, der));
    return anchor?.certificate ?? parseCertificate(der, `${PATH}[${i}]`);
  });
}

/** Each fit for its place, issued and signed by the next; whose root it is is another question. */
export function signerChainProblem(certificates: readonly Certificate[]): Mismatch | undefined {
  if (certificates.length !== ROLES.length) {
    const got = certificates.map(({ subject }) => subject.commonName || '(no common name)');
    return {
      want: `${ROLES.length} certificates, the signer’s first`,
      got: `${certificates.length}: ${got.join(', ')}`,
    };
  }
  for (const [i, certificate] of certificates.entries()) {
    const role = ROLES[i];
    const unfit = role && roleProblem(certificate, role);
    if (unfit) return unfit;
    const issuer = certificates[i + 1];
    const unlinked = issuer && linkProblem(certificate, issuer, i);
    if (unlinked) return unlinked;
  }
  return undefined;
}
