import { sha256, sha384, sha512 } from '#crypto';
import { equalBytes } from '../bytes/equal.ts';
import { toHex } from '../bytes/hex.ts';
import { derSequence } from '../encoding/der.ts';
import { isMismatch, type Mismatch } from '../mismatch.ts';
import type { Certificate } from './certificate.ts';
import { linkProblem } from './chain.ts';
import type { OcspCertId, OcspResponse } from './ocsp.ts';
import { isSignedBy } from './signed.ts';

/** id-kp-OCSPSigning (RFC 6960 section 4.2.2.2). */
const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9';

/** SHA-1 is not among them: a CertID made with it matches nothing here. */
const HASHES: ReadonlyMap<string, (data: Uint8Array) => Uint8Array> = new Map([
  ['sha256', sha256],
  ['sha384', sha384],
  ['sha512', sha512],
]);

/** Whether it is about this certificate of this issuer. */
export function certIdMatches(
  { hashAlgorithm, issuerNameHash, issuerKeyHash, serial }: OcspCertId,
  certificate: Certificate,
  issuer: Certificate,
): boolean {
  const hash = HASHES.get(hashAlgorithm);
  return (
    hash !== undefined &&
    serial === certificate.serial &&
    equalBytes(hash(issuer.subject.der), issuerNameHash) &&
    equalBytes(hash(keyBits(issuer)), issuerKeyHash)
  );
}

/** The key itself: the content of the BIT STRING, without the count of unused bits. */
export function keyBits({ publicKey }: Certificate): Uint8Array {
  const info = derSequence(publicKey.der, 'subjectPublicKeyInfo');
  info.element('algorithm');
  return info.bitString('subjectPublicKey').bytes;
}

/**
 * Who signed, and that it may speak for this issuer: the issuer itself, or whom it appointed by
 * a certificate of its own for signing responses (RFC 6960 section 4.2.2.2).
 *
 * The signature is verified. Whether the signer is within its validity is the caller's question.
 */
export function ocspSigner(response: OcspResponse, issuer: Certificate): Certificate | Mismatch {
  const found = appointed(response, issuer);
  if (isMismatch(found)) return found;
  return isSignedBy(response, found.publicKey)
    ? found
    : { want: `a response signed by ${found.subject.text}`, got: 'an invalid signature' };
}

/** Of what comes along only the certificate counts that the response names: nobody signed the list. */
function appointed(response: OcspResponse, issuer: Certificate): Certificate | Mismatch {
  if (isNamed(response, issuer)) return issuer;
  const named = response.certificates.filter((one) => isNamed(response, one));
  const [delegate, ...more] = named.filter(
    ({ der }, i) => named.findIndex((other) => equalBytes(other.der, der)) === i,
  );
  if (delegate === undefined) {
    const got = response.certificates.map(({ subject }) => subject.commonName).join(', ');
    return {
      want: `a response by ${issuer.subject.text} or whom it appointed, with a certificate`,
      got: `one by ${nameOf(response)} with ${got ? `those of ${got}` : 'none'}`,
    };
  }
  if (more.length > 0) {
    return { want: 'one certificate of whoever signed', got: `several of ${nameOf(response)}` };
  }
  return appointmentProblem(delegate, issuer) ?? delegate;
}

function appointmentProblem(delegate: Certificate, issuer: Certificate): Mismatch | undefined {
  const { subject, basicConstraints, keyUsage, extendedKeyUsage = [] } = delegate;
  const unlinked = linkProblem(delegate, issuer, 0);
  if (unlinked) return unlinked;
  const lacks = (what: string, got: string) => ({ want: `${subject.text} with ${what}`, got });
  if (!extendedKeyUsage.includes(OCSP_SIGNING)) {
    return lacks('the extended key usage OCSPSigning', extendedKeyUsage.join(', ') || 'none');
  }
  if (basicConstraints?.ca) return lacks('cA FALSE', 'cA TRUE');
  if (keyUsage?.digitalSignature !== true) return lacks('digitalSignature', 'another key usage');
  return undefined;
}

function isNamed(
  { responder }: OcspResponse,
  { subject, subjectKeyIdentifier }: Certificate,
): boolean {
  return 'byName' in responder
    ? equalBytes(responder.byName.der, subject.der)
    : subjectKeyIdentifier !== undefined && equalBytes(responder.byKey, subjectKeyIdentifier);
}

function nameOf({ responder }: OcspResponse): string {
  return 'byName' in responder ? responder.byName.text : `key ${toHex(responder.byKey)}`;
}
