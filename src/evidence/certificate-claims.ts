import { formatTime } from '../core/encoding/time.ts';
import type { Certificate } from '../core/x509/certificate.ts';
import type { Crl } from '../core/x509/crl.ts';
import type { Claims } from './verification.ts';

/** Whose certificate, from whom, and when it is valid. */
export function certificateClaims({ subject, issuer, serial, validity }: Certificate): Claims {
  return {
    subject: subject.text,
    issuer: issuer.text,
    serial,
    notBefore: formatTime(validity.from),
    notAfter: formatTime(validity.to),
  };
}

/** Whose list, when it is valid, and how much it revokes. */
export function crlClaims({ issuer, validity, number, revoked }: Crl): Claims {
  return {
    issuer: issuer.text,
    thisUpdate: formatTime(validity.from),
    nextUpdate: formatTime(validity.to),
    crlNumber: number ?? null,
    revokedCertificates: revoked.size,
  };
}
