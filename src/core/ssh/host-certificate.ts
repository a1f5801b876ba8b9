import { equalBytes } from '../bytes/equal.ts';
import { fromUtf8 } from '../bytes/text.ts';
import { Fault } from '../fault.ts';
import type { SshCertificate } from './certificate.ts';
import { type SshPublicKey, verifySshKey } from './public-key.ts';
import { readSshStrings } from './strings.ts';

/** What a client holds a host's certificate against. */
export interface HostCertificateTerms {
  /** Of whoever may sign for hosts. */
  readonly authorities: readonly SshPublicKey[];
  /** The host that was asked for, as it was written; undefined: any that the certificate names. */
  readonly host: string | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * Why a certificate does not vouch for a host's key; undefined where it does. Stricter than
 * OpenSSH: principals are names, and neither an empty list nor a pattern stands for every host.
 */
export function hostCertificateProblem(
  certificate: SshCertificate,
  { authorities, host, now }: HostCertificateTerms,
): string | undefined {
  const { type, authority, signed, signature, principals, criticalOptions } = certificate;
  if (type !== 'host') return 'is a user’s, and not a host’s';
  const isKnown = authorities.some(({ blob }) => equalBytes(blob, authority.blob));
  if (!isKnown) return 'is signed by another authority';
  if (signature.algorithm !== authority.algorithm) return 'is signed by another kind of key';
  if (!verifySshKey(authority, signed, signature.signature)) return 'has no signature of it';
  const [option] = criticalOptions;
  if (option !== undefined) return `has a critical option, ${option.name}`;
  const seconds = BigInt(Math.floor(now / 1000));
  if (seconds < certificate.validAfter) return 'is not valid yet';
  if (seconds >= certificate.validBefore) return 'is valid no longer';
  if (principals.length === 0) return 'names no host';
  if (principals.some((name) => /[*?!]/.test(name))) return 'names hosts by a pattern';
  if (host !== undefined && !principals.includes(host.toLowerCase())) {
    return `is for ${principals.join(', ')}`;
  }
  return undefined;
}

/** The text of an extension that has a string inside; undefined where there is none. */
export function extensionText({ extensions }: SshCertificate, name: string): string | undefined {
  const found = extensions.find((one) => one.name === name);
  if (found === undefined) return undefined;
  try {
    const [text, ...more] = readSshStrings(found.data, 1, name);
    return text === undefined || more.length > 0 ? undefined : fromUtf8(text, name);
  } catch (error) {
    if (error instanceof Fault && error.code === 'malformed') return undefined;
    throw error;
  }
}
