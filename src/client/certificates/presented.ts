import { sha256 } from '#crypto';
import { equalBytes } from '../../core/bytes/equal.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { fromUtf8 } from '../../core/bytes/text.ts';
import { fromPem } from '../../core/encoding/pem.ts';
import { malformed } from '../../core/fault.ts';
import { parseSshCertificateLine, type SshCertificate } from '../../core/ssh/certificate.ts';
import { extensionText, hostCertificateProblem } from '../../core/ssh/host-certificate.ts';
import { isAmongHosts } from '../../core/ssh/host-patterns.ts';
import { parseSshPublicKey, type SshPublicKey } from '../../core/ssh/public-key.ts';
import { type Certificate, parseCertificate } from '../../core/x509/certificate.ts';
import { tlsHosts, tlsProblem } from '../../core/x509/host-certificate.ts';
import { NAME_CONSTRAINTS } from '../../core/x509/name-constraints.ts';
import { isSignedBy } from '../../core/x509/signed.ts';
import type { CertificateUse } from '../../ledger/leaf/leaf.ts';
import { SSH_EXTENSIONS } from '../../protocol/certificate.ts';

/** A certificate that a machine shows, for whoever takes the authority's word for machines. */
export interface Presented {
  readonly use: CertificateUse;
  /** Of the certificate, lower-case hex: by this the ledger knows it. */
  readonly sha256: string;
  readonly names: readonly string[];
  /** Milliseconds since the epoch. */
  readonly from: number;
  /** The same; not included. */
  readonly until: number;
  /** What it says itself that it rests on; SSH alone. */
  readonly decision?: string;
  readonly bundle?: string;
}

/** Who is believed about machines. */
export interface TrustedAuthorities {
  readonly ssh: readonly TrustedSshKey[];
  readonly tls: readonly Certificate[];
}

export interface TrustedSshKey {
  readonly key: SshPublicKey;
  /** About which hosts, as an `@cert-authority` line names them; undefined: about any. */
  readonly hosts: string | undefined;
}

/** A certificate of either kind, and how it is held against authorities. */
export interface ReadPresented {
  readonly presented: Presented;
  /** `sha256:<hex>` of the authority's key, as the ledger names it; undefined: none of these signed. */
  readonly authority: (by: TrustedAuthorities) => string | undefined;
  /** Why it does not vouch for a host; undefined where it does. */
  readonly problem: (
    by: TrustedAuthorities,
    host: string | undefined,
    now: number,
  ) => string | undefined;
}

/**
 * A line of OpenSSH, or PEM whose first certificate is the machine's.
 *
 * @throws Fault `malformed` or `unsupported` at `path…`.
 */
export function readPresented(file: Uint8Array, path: string): ReadPresented {
  const text = fromUtf8(file, path);
  if (!text.startsWith('-----BEGIN')) return ofSsh(parseSshCertificateLine(text, path));
  const [der] = fromPem(text, 'CERTIFICATE', path);
  if (der === undefined) throw malformed(path, 'no certificate');
  return ofTls(parseCertificate(der, path), path);
}

/**
 * Authorities out of a file: keys of SSH, the `@cert-authority` lines of a known_hosts, or
 * certificates in PEM.
 *
 * @throws Fault `malformed` at `path…`.
 */
export function readAuthorities(file: Uint8Array, path: string): TrustedAuthorities {
  const text = fromUtf8(file, path);
  if (text.startsWith('-----BEGIN')) {
    const tls = fromPem(text, 'CERTIFICATE', path).map((der, i) =>
      parseCertificate(der, `${path}[${i}]`, [NAME_CONSTRAINTS]),
    );
    return { ssh: [], tls };
  }
  const lines = text.split('\n').map((line) => line.trim());
  const ssh = lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .flatMap((line, i) => sshKeysIn(line, `${path}[${i}]`));
  if (ssh.length === 0) throw malformed(path, 'holds no authority');
  return { ssh, tls: [] };
}

/** `@cert-authority <hosts> <key>` */
const AUTHORITY_LINE = /^@cert-authority[ \t]+([!-~]+)[ \t]+(.*)$/;
/** `<hosts> <key>`: base64 of a key begins with zeros of its first length. */
const HOST_LINE = /^[^@ \t][^ \t]*[ \t]+[a-z][!-~]*[ \t]+AAAA/;

/** Keys of hosts in a known_hosts are those of no authority. */
function sshKeysIn(line: string, path: string): readonly TrustedSshKey[] {
  if (line.startsWith('@revoked')) throw malformed(path, 'revokes a key: leave both out');
  if (HOST_LINE.test(line)) return [];
  const [, hosts, key = line] = AUTHORITY_LINE.exec(line) ?? [];
  return [{ key: parseSshPublicKey(key, path), hosts }];
}

function ofSsh(certificate: SshCertificate): ReadPresented {
  const { blob, principals, validAfter, validBefore, authority } = certificate;
  const decision = extensionText(certificate, SSH_EXTENSIONS.decision);
  const bundle = extensionText(certificate, SSH_EXTENSIONS.bundle);
  return {
    presented: {
      use: 'ssh-host',
      sha256: toHex(sha256(blob)),
      names: principals,
      from: Number(validAfter) * 1000,
      until: Number(validBefore) * 1000,
      ...(decision !== undefined && { decision }),
      ...(bundle !== undefined && { bundle }),
    },
    authority: () => `sha256:${toHex(authority.fingerprint)}`,
    problem: ({ ssh }, host, now) => {
      const authorities = ssh.map(({ key }) => key);
      const problem = hostCertificateProblem(certificate, { authorities, host, now });
      return problem ?? strayProblem(certificate, ssh, host);
    },
  };
}

/** A line is for the hosts that it names, whatever its key signs. */
function strayProblem(
  { authority, principals }: SshCertificate,
  ssh: readonly TrustedSshKey[],
  host: string | undefined,
): string | undefined {
  const lines = ssh.filter(({ key }) => equalBytes(key.blob, authority.blob));
  const isCovered = (name: string) =>
    lines.some(({ hosts }) => hosts === undefined || isAmongHosts(hosts, name));
  const names = host === undefined ? principals : [host];
  const stray = names.map((name) => name.toLowerCase()).find((name) => !isCovered(name));
  return stray === undefined
    ? undefined
    : `is for ${stray}, and its authority is not believed there`;
}

function ofTls(certificate: Certificate, path: string): ReadPresented {
  const { der, validity } = certificate;
  const issuerIn = ({ tls }: TrustedAuthorities, host: string | undefined, now: number) => {
    const answers = tls.map((authority) => ({
      authority,
      problem: tlsProblem(certificate, authority, host, now),
    }));
    return (
      answers.find(({ problem }) => problem === undefined) ??
      // Of several, why the one that signed does not vouch says more than that others did not sign.
      answers.find(({ authority }) => isSignedBy(certificate, authority.publicKey)) ??
      answers[0]
    );
  };
  return {
    presented: {
      use: 'tls',
      sha256: toHex(sha256(der)),
      names: tlsHosts(certificate, path),
      from: validity.from,
      // Its last second is included.
      until: validity.to + 1000,
    },
    authority: (by) => {
      const found = issuerIn(by, undefined, validity.from);
      if (found === undefined || found.problem !== undefined) return undefined;
      return `sha256:${toHex(sha256(found.authority.publicKey.der))}`;
    },
    problem: (by, host, now) => {
      const found = issuerIn(by, host, now);
      return found === undefined ? 'no authority of TLS was named' : found.problem;
    },
  };
}
