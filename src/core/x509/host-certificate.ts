import { equalBytes } from '../bytes/equal.ts';
import { Fault } from '../fault.ts';
import type { Certificate } from './certificate.ts';
import { hostNames, SUBJECT_ALT_NAME } from './host-names.ts';
import { isWithin, NAME_CONSTRAINTS, permittedDomains } from './name-constraints.ts';
import { isSignedBy } from './signed.ts';
import { outsideValidity } from './validity.ts';

/** id-kp-serverAuth and anyExtendedKeyUsage (RFC 5280 section 4.2.1.12). */
const FOR_SERVERS = ['1.3.6.1.5.5.7.3.1', '2.5.29.37.0'];

/** @throws Fault `malformed` at `path…`. */
export function tlsHosts({ extensions }: Certificate, path: string): readonly string[] {
  const names = extensions.get(SUBJECT_ALT_NAME);
  return names === undefined ? [] : hostNames(names.value, `${path}.subjectAltName`);
}

/**
 * Why an authority's word does not hold for a certificate and a host; undefined where it does.
 * Stricter than most: an authority without constraints that could name anything is none here.
 */
export function tlsProblem(
  leaf: Certificate,
  authority: Certificate,
  host: string | undefined,
  now: number,
): string | undefined {
  const { basicConstraints, keyUsage, subject, publicKey, validity } = authority;
  if (basicConstraints?.ca !== true || keyUsage?.keyCertSign !== true) return 'names no authority';
  if (!equalBytes(leaf.issuer.der, subject.der)) return 'is of another authority';
  if (!isSignedBy(leaf, publicKey)) return 'has no signature of the authority';
  if (leaf.basicConstraints?.ca === true) return 'is an authority’s own';
  if (leaf.keyUsage?.digitalSignature === false) return 'has a key that is not to sign';
  const isForServers = leaf.extendedKeyUsage?.some((use) => FOR_SERVERS.includes(use)) ?? true;
  if (!isForServers) return 'is for no server';
  const outside =
    outsideValidity('the authority', validity, now) ??
    outsideValidity('the certificate', leaf.validity, endOfSecond(now));
  if (outside !== undefined) return `${outside.got}: want ${outside.want}`;
  return namesProblem(leaf, authority, host);
}

/** The last second of a certificate is part of its life as a whole. */
function endOfSecond(now: number): number {
  return Math.floor(now / 1000) * 1000;
}

function namesProblem(
  leaf: Certificate,
  { extensions }: Certificate,
  host: string | undefined,
): string | undefined {
  try {
    const constraints = extensions.get(NAME_CONSTRAINTS);
    if (constraints === undefined) return 'is of an authority without name constraints';
    const domains = permittedDomains(constraints.value, 'authority.nameConstraints');
    const names = tlsHosts(leaf, 'certificate');
    if (names.length === 0) return 'names no host';
    const stray = names.find((name) => !domains.some((domain) => isWithin(name, domain)));
    if (stray !== undefined) return `names ${stray}, and its authority may not`;
    if (host === undefined || names.includes(host.toLowerCase())) return undefined;
    return `is for ${names.join(', ')}`;
  } catch (error) {
    if (error instanceof Fault && error.code === 'malformed') return error.message;
    throw error;
  }
}
