import { X509Certificate } from 'node:crypto';
import { sha256 } from '#crypto';
import { parseTlsCertificate } from '../../appraisal/binding/tls-certificate.ts';
import { TLS_EVIDENCE_OID } from '../../appraisal/binding/tls-evidence.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { fromPem } from '../../core/encoding/pem.ts';
import { malformed } from '../../core/fault.ts';
import { asciiText } from '../input.ts';

/** A server's certificate as people look at one. Nobody vouches for it but evidence, for its key. */
export interface LeafFacts {
  readonly subject: string;
  readonly names: string;
  readonly notBefore: string;
  readonly notAfter: string;
  /** SHA-256 of the SubjectPublicKeyInfo, lower-case hex. */
  readonly spkiSha256: string;
  readonly carriesEvidence: boolean;
}

/** @throws Fault `malformed` for what is no certificate. */
export function leafFacts(der: Uint8Array): LeafFacts {
  const { spki, extensions } = parseTlsCertificate(der, 'certificate');
  const { subject, subjectAltName, validFromDate, validToDate } = read(der);
  return {
    subject: (subject ?? '').replaceAll('\n', ', '),
    names: subjectAltName ?? '',
    notBefore: validFromDate.toISOString(),
    notAfter: validToDate.toISOString(),
    spkiSha256: toHex(sha256(spki)),
    carriesEvidence: extensions.has(TLS_EVIDENCE_OID),
  };
}

function read(der: Uint8Array): X509Certificate {
  try {
    return new X509Certificate(der);
  } catch (cause) {
    throw malformed('certificate', `is none that can be read (${String(cause)})`);
  }
}

/** The first certificate of a file, PEM or DER: a server's chain begins with its own. */
export function leafOfFile(file: Uint8Array, path: string): Uint8Array {
  const text = asciiText(file);
  if (text === undefined) return file;
  const [der] = fromPem(text, 'CERTIFICATE', path);
  if (der === undefined) throw malformed(path, 'want a certificate, PEM or DER');
  return der;
}
