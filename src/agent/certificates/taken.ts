import { equalBytes } from '../../core/bytes/equal.ts';
import { fromPem, toPem } from '../../core/encoding/pem.ts';
import { Fault, malformed } from '../../core/fault.ts';
import { parseSshCertificateLine } from '../../core/ssh/certificate.ts';
import { hostCertificateProblem } from '../../core/ssh/host-certificate.ts';
import { sshCertificateLine } from '../../core/ssh/write-certificate.ts';
import { parseCertificate } from '../../core/x509/certificate.ts';
import { tlsHosts, tlsProblem } from '../../core/x509/host-certificate.ts';
import { NAME_CONSTRAINTS } from '../../core/x509/name-constraints.ts';
import type { CertificateUse } from '../../ledger/leaf/leaf.ts';

/** A key that the machine serves with, as it is certified. */
export interface ServedKey {
  readonly use: CertificateUse;
  /** SSH's wire form, or SubjectPublicKeyInfo. */
  readonly key: Uint8Array;
}

/** A certificate of such a key, looked at before anybody is shown it. */
export interface FleetCertificate extends ServedKey {
  /** A line of OpenSSH, or PEM with the authority's certificate behind it. */
  readonly text: string;
  readonly names: readonly string[];
  /** Milliseconds since the epoch; not included. */
  readonly until: number;
}

/**
 * Reads what a gateway answered with. Who signed is the clients' to know: here it has to be whole,
 * of our key, for a name, and in its time.
 *
 * @param now milliseconds since the epoch.
 * @throws Fault `conflict` for one of another key, `malformed` or `unsupported` for anything else
 *   that a client would refuse.
 */
export function takeCertificate(served: ServedKey, text: string, now: number): FleetCertificate {
  return served.use === 'tls' ? takeTls(served, text, now) : takeSsh(served, text, now);
}

const PATH = 'certificate';

function takeSsh(served: ServedKey, text: string, now: number): FleetCertificate {
  const certificate = parseSshCertificateLine(text, PATH);
  const { key, authority, principals, validBefore } = certificate;
  wantOurs(key.blob, served);
  const terms = { authorities: [authority], host: undefined, now };
  wantNone(hostCertificateProblem(certificate, terms));
  return {
    ...served,
    text: `${sshCertificateLine(certificate)}\n`,
    names: principals,
    until: Number(validBefore) * 1000,
  };
}

function takeTls(served: ServedKey, text: string, now: number): FleetCertificate {
  const [leaf, issuer, ...more] = fromPem(text, 'CERTIFICATE', PATH);
  if (leaf === undefined || issuer === undefined || more.length > 0) {
    throw malformed(PATH, 'want a certificate and its authority’s');
  }
  const certificate = parseCertificate(leaf, PATH);
  const authority = parseCertificate(issuer, `${PATH}.authority`, [NAME_CONSTRAINTS]);
  wantOurs(certificate.publicKey.der, served);
  wantNone(tlsProblem(certificate, authority, undefined, now));
  return {
    ...served,
    text: `${toPem(leaf, 'CERTIFICATE')}${toPem(issuer, 'CERTIFICATE')}`,
    names: tlsHosts(certificate, PATH),
    // Its last second is included.
    until: certificate.validity.to + 1000,
  };
}

function wantOurs(key: Uint8Array, served: ServedKey): void {
  if (!equalBytes(key, served.key)) throw new Fault('conflict', PATH, 'is of another key');
}

function wantNone(problem: string | undefined): void {
  if (problem !== undefined) throw malformed(PATH, problem);
}
