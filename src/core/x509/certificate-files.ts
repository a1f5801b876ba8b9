import { sameBytes } from '#crypto';
import { fromPem } from '../encoding/pem.ts';
import { malformed } from '../fault.ts';
import { type Certificate, parseCertificate } from './certificate.ts';
import { type Crl, parseCrl } from './crl.ts';

/** Far above what any vendor's certificates and CRLs take; a limit, since nothing is trusted yet. */
const LARGEST = 256 * 1024;
export const MOST_CERTIFICATES = 16;

/**
 * Hosts and vendors' services hand certificates out in both forms.
 *
 * @param bytes one DER certificate, or any number in PEM.
 * @param known certificates that need not be parsed again when they come.
 */
export function readCertificates(
  bytes: Uint8Array,
  path: string,
  known: readonly Certificate[] = [],
): readonly Certificate[] {
  const ders = derOf(bytes, 'CERTIFICATE', path);
  if (ders.length === 0) throw malformed(path, 'no certificate');
  if (ders.length > MOST_CERTIFICATES) throw malformed(path, `${ders.length} certificates`);
  return ders.map(
    (der, i) =>
      known.find((certificate) => sameBytes(certificate.der, der)) ??
      parseCertificate(der, ders.length > 1 ? `${path}[${i}]` : path),
  );
}

/** @param bytes one CRL, DER or PEM. */
export function readCrl(bytes: Uint8Array, path: string): Crl {
  const [der, ...more] = derOf(bytes, 'X509 CRL', path);
  if (der === undefined || more.length > 0) throw malformed(path, 'want one CRL');
  return parseCrl(der, path);
}

function derOf(bytes: Uint8Array, label: string, path: string): readonly Uint8Array[] {
  if (bytes.length > LARGEST) throw malformed(path, `${bytes.length} bytes`);
  // What is made of these bytes outlives the call, and with it the caller's say over them.
  const own = new Uint8Array(bytes);
  if (own[0] === 0x30) return [own];
  // PEM is ASCII; a byte above is no base64 and is refused there.
  return fromPem(new TextDecoder('latin1').decode(own), label, path);
}
