import { readTlsEvidence, TLS_EVIDENCE_OID } from '../appraisal/binding/tls-evidence.ts';
import { toHex } from '../core/bytes/hex.ts';
import { fromPem } from '../core/encoding/pem.ts';
import { formatTime } from '../core/encoding/time.ts';
import { type Certificate, parseCertificate } from '../core/x509/certificate.ts';
import { parseCrl } from '../core/x509/crl.ts';
import { NAME_CONSTRAINTS } from '../core/x509/name-constraints.ts';
import { certificateClaims, crlClaims } from '../evidence/certificate-claims.ts';
import { extensionClaims } from '../evidence/tdx/claims.ts';
import { parsePckExtension, SGX_EXTENSION } from '../evidence/tdx/pck-extension.ts';
import type { Claims } from '../evidence/verification.ts';
import { asciiText } from './input.ts';
import { bundleFileClaims } from './inspect-bundle.ts';
import { vekClaims } from './inspect-snp.ts';

/** PEM, one or more. */
export function pemCertificatesClaims(bytes: Uint8Array): Claims {
  const ders = fromPem(asciiText(bytes) ?? '', 'CERTIFICATE', 'pem');
  return { certificates: ders.map((der, i) => certificateClaimsAt(der, `pem[${i}]`)) };
}

export function pemCrlClaims(bytes: Uint8Array): Claims {
  const [der = new Uint8Array()] = fromPem(asciiText(bytes) ?? '', 'X509 CRL', 'pem');
  return derCrlClaims(der);
}

export function derCertificateClaims(bytes: Uint8Array): Claims {
  return certificateClaimsAt(bytes, 'certificate');
}

export function derCrlClaims(bytes: Uint8Array): Claims {
  const crl = parseCrl(bytes, 'crl');
  return {
    ...crlClaims(crl),
    revoked: [...crl.revoked].map(([serial, at]) => ({ serial, at: formatTime(at) })),
  };
}

/** Both are a SEQUENCE of a to-be-signed SEQUENCE; a certificate's begins with its [0] version. */
export function looksLikeCertificate(bytes: Uint8Array): boolean {
  const inner = headerLength(bytes, 0);
  return bytes[inner + headerLength(bytes, inner)] === 0xa0;
}

function headerLength(bytes: Uint8Array, at: number): number {
  const length = bytes[at + 1] ?? 0;
  return length < 0x80 ? 2 : 2 + (length & 0x7f);
}

function certificateClaimsAt(der: Uint8Array, path: string): Claims {
  const certificate: Certificate = parseCertificate(der, path, [NAME_CONSTRAINTS]);
  const { basicConstraints, keyUsage, extensions, publicKey } = certificate;
  const sgx = extensions.get(SGX_EXTENSION);
  return {
    ...certificateClaims(certificate),
    publicKey: toHex(publicKey.der),
    ca: basicConstraints?.ca ?? false,
    keyUsage: Object.entries(keyUsage ?? {})
      .filter(([, set]) => set)
      .map(([name]) => name),
    extensions: [...extensions.keys()],
    ...(sgx && { sgx: extensionClaims(parsePckExtension(sgx.value, 'certificate.sgx')) }),
    ...vekClaims(certificate),
    ...(extensions.has(TLS_EVIDENCE_OID) && {
      evidence: bundleFileClaims(readTlsEvidence(certificate.der).bundle),
    }),
  };
}
