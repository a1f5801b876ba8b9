import { fromUtf8, utf8 } from '../../core/bytes/text.ts';
import { fromPem, toPem } from '../../core/encoding/pem.ts';
import { malformed } from '../../core/fault.ts';
import type { TrustAnchor } from '../../core/x509/anchors.ts';
import type { Certificate } from '../../core/x509/certificate.ts';
import { readCertificates, readCrl } from '../../core/x509/certificate-files.ts';
import type { Validity } from '../../core/x509/validity.ts';
import { publishedIntermediate } from '../../evidence/snp/authorities.ts';
import { publishedIntermediates } from '../../evidence/snp/published-intermediates.ts';
import { officeOf } from '../../evidence/snp/roles.ts';
import { crlFromAnyForm } from '../crl-text.ts';
import type { AmdKey, LineKey } from './key.ts';

/**
 * The form in which a document is kept and served, whichever of the two a source or another
 * tool wrote: certificates of chips and CRLs as DER, chains as PEM.
 *
 * @throws Fault `malformed` at `at`.
 */
export function inKeptForm(key: AmdKey, bytes: Uint8Array, at: string): Uint8Array {
  if (key.kind === 'crl') return crlFromAnyForm(bytes, at);
  if (key.kind === 'chain') {
    if (bytes[0] === DER_SEQUENCE) throw malformed(at, 'want a chain as PEM, got DER');
    const ders = fromPem(fromUtf8(bytes, at), 'CERTIFICATE', at);
    return utf8(ders.map((der) => toPem(der, 'CERTIFICATE')).join(''));
  }
  if (bytes[0] === DER_SEQUENCE) return bytes;
  const [der, ...more] = fromPem(fromUtf8(bytes, at), 'CERTIFICATE', at);
  if (der === undefined || more.length > 0) throw malformed(at, 'want one certificate');
  return der;
}

const DER_SEQUENCE = 0x30;

/**
 * When all of a document is in date: thisUpdate to nextUpdate of a CRL. No signature is looked
 * at here.
 *
 * @throws Fault `malformed` at `at`.
 */
export function validityOf(key: AmdKey, bytes: Uint8Array, at: string): Validity {
  if (key.kind === 'crl') return readCrl(bytes, at).validity;
  const certificates = readCertificates(bytes, at);
  if (certificates.length === 0) throw malformed(at, 'no certificate');
  return commonWindow(certificates);
}

/** When all of them are in date at once. */
export function commonWindow(certificates: readonly Certificate[]): Validity {
  return {
    from: Math.max(...certificates.map(({ validity }) => validity.from)),
    to: Math.min(...certificates.map(({ validity }) => validity.to)),
  };
}

/** The chain that this release brings along, where it is one under these anchors. */
export function builtInChain(
  { line, signs }: Pick<LineKey, 'line' | 'signs'>,
  anchors: readonly TrustAnchor[],
): Uint8Array | undefined {
  const published = publishedIntermediates().find(({ subject }) => {
    const office = officeOf(subject.commonName);
    return office?.line === line && office.signs === signs;
  });
  const trusted = published && publishedIntermediate(published.subject, anchors);
  return trusted && utf8(toPem(trusted.der, 'CERTIFICATE'));
}
