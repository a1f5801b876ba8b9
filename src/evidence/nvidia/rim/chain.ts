import { malformed } from '../../../core/fault.ts';
import type { Mismatch } from '../../../core/mismatch.ts';
import type { Certificate } from '../../../core/x509/certificate.ts';
import { linkProblem, roleProblem } from '../../../core/x509/chain.ts';
import { seatsOf } from '../roles.ts';

const SEATS = seatsOf('the signer', 'the CA above the signer', 'the CA below the root', 'the root');

const MOST_CERTIFICATES = 8;
const PATH = 'rim.Signature.KeyInfo.X509Data';

/** Makes the same of the same bytes: manifests share CAs. */
export type ReadCertificate = (der: Uint8Array, path: string) => Certificate;

/** @throws Fault `malformed` at the certificate that can't be read. */
export function readSignerChain(
  ders: readonly Uint8Array[],
  read: ReadCertificate,
): readonly Certificate[] {
  if (ders.length > MOST_CERTIFICATES) throw malformed(PATH, `${ders.length} certificates`);
  return ders.map((der, i) => read(der, `${PATH}[${i}]`));
}

/** Each fit for its place, issued and signed by the next; whose root it is is another question. */
export function signerChainProblem(certificates: readonly Certificate[]): Mismatch | undefined {
  if (certificates.length !== SEATS.length) {
    const got = certificates.map(({ subject }) => subject.commonName || '(no common name)');
    return {
      want: `${SEATS.length} certificates, the signer’s first`,
      got: `${certificates.length}: ${got.join(', ')}`,
    };
  }
  for (const [i, certificate] of certificates.entries()) {
    const seat = SEATS[i];
    const unfit = seat && (roleProblem(certificate, seat) ?? purposeProblem(certificate));
    if (unfit) return unfit;
    const issuer = certificates[i + 1];
    const unlinked = issuer && linkProblem(certificate, issuer, i);
    if (unlinked) return unlinked;
  }
  return undefined;
}

/** Who was appointed for something, to answer for OCSP say, was not appointed to sign manifests. */
function purposeProblem({ subject, extendedKeyUsage }: Certificate): Mismatch | undefined {
  if (extendedKeyUsage === undefined) return undefined;
  return {
    want: `${subject.text} without extended key usage`,
    got: extendedKeyUsage.join(', ') || 'an empty one',
  };
}
