import { equalBytes } from '../bytes/equal.ts';
import { toHex } from '../bytes/hex.ts';
import type { Mismatch } from '../mismatch.ts';
import type { TrustAnchor } from './anchors.ts';
import type { Certificate } from './certificate.ts';
import type { Crl } from './crl.ts';
import { isSignedBy, type PublicKeyInfo } from './signed.ts';
import { type OutsideValidity, outsideValidity } from './validity.ts';

/** One seat in a chain and who may sit in it. */
export interface Role {
  readonly name: string;
  /** The exact common names that the vendor gives to this role. */
  readonly commonNames: readonly string[];
  readonly kind: 'ca' | 'end-entity';
  /** The kind of key that the vendor gives it. */
  readonly key: PublicKeyInfo['kind'];
  /** The extensions that the vendor's profile puts into it. */
  readonly extensions: readonly string[];
}

/**
 * Seats certificates by role, whatever order they came in.
 *
 * @param roles leaf first, root last.
 * @returns the certificates in the order of `roles`, or what is missing or too many.
 */
export function seatByRole(
  certificates: readonly Certificate[],
  roles: readonly Role[],
): readonly Certificate[] | Mismatch {
  const want = roles.map((role) => role.commonNames.join(' or ')).join(' ← ');
  const got = certificates.map((c) => c.subject.commonName || '(no common name)').join(', ');
  if (certificates.length !== roles.length) {
    return { want: `${roles.length} certificates: ${want}`, got: `${certificates.length}: ${got}` };
  }
  const seated: Certificate[] = [];
  for (const role of roles) {
    const found = certificates.filter((c) => role.commonNames.includes(c.subject.commonName));
    const [one] = found;
    if (one === undefined || found.length > 1) return { want, got };
    seated.push(one);
  }
  return seated;
}

/** Whether a certificate's own extensions allow it to sit in its seat. */
export function roleProblem(
  certificate: Certificate,
  role: Omit<Role, 'commonNames'>,
): Mismatch | undefined {
  const { kind } = certificate.publicKey;
  if (kind !== role.key) {
    return { want: `${role.name} with a ${role.key} key`, got: `a ${kind} key` };
  }
  const missing = role.extensions.filter((oid) => !certificate.extensions.has(oid));
  if (missing.length > 0) {
    return { want: `${role.name} with extensions ${missing.join(', ')}`, got: 'it without' };
  }
  const ca = certificate.basicConstraints?.ca === true;
  if (role.kind === 'ca') {
    if (!ca) return { want: `${role.name} with cA TRUE`, got: 'cA FALSE' };
    if (certificate.keyUsage?.keyCertSign !== true) {
      return { want: `${role.name} with keyCertSign`, got: 'a key usage without it' };
    }
    return undefined;
  }
  // A leaf that may sign certificates would let one platform's key mint others.
  if (ca) return { want: `${role.name} with cA FALSE`, got: 'cA TRUE' };
  if (certificate.keyUsage?.digitalSignature !== true) {
    return { want: `${role.name} with digitalSignature`, got: 'a key usage without it' };
  }
  return undefined;
}

/**
 * Names, key identifiers, path length and signature from one certificate to its issuer.
 *
 * @param below how many CA certificates stand between `certificate` and the leaf, itself included.
 */
export function linkProblem(
  certificate: Certificate,
  issuer: Certificate,
  below: number,
): Mismatch | undefined {
  const subject = certificate.subject.text;
  if (!equalBytes(certificate.issuer.der, issuer.subject.der)) {
    return {
      want: `${subject} issued by ${issuer.subject.text}`,
      got: shown(certificate.issuer.text),
    };
  }
  const want = certificate.authorityKeyIdentifier;
  const got = issuer.subjectKeyIdentifier;
  if (want !== undefined && got !== undefined && !equalBytes(want, got)) {
    return { want: `${subject} issued by key ${toHex(want)}`, got: shown(toHex(got)) };
  }
  const limit = issuer.basicConstraints?.pathLength;
  if (limit !== undefined && below > limit) {
    return { want: `at most ${limit} CAs below ${issuer.subject.text}`, got: `${below}` };
  }
  if (!isIssuedBy(certificate, issuer)) {
    return { want: `${subject} signed by ${issuer.subject.text}`, got: 'an invalid signature' };
  }
  return undefined;
}

/** Whom the signature of a certificate was found to be by; of the same two it is verified once. */
const ISSUED = new WeakMap<Certificate, Certificate>();

function isIssuedBy(certificate: Certificate, issuer: Certificate): boolean {
  if (ISSUED.get(certificate) === issuer) return true;
  const good = isSignedBy(certificate, issuer.publicKey);
  if (good) ISSUED.set(certificate, issuer);
  return good;
}

/** The first that `now` lies outside of the validity of, as a sentence. */
export function firstOutside(
  certificates: readonly Certificate[],
  now: number,
): OutsideValidity | undefined {
  for (const { subject, validity } of certificates) {
    const outside = outsideValidity(subject.commonName, validity, now);
    if (outside) return outside;
  }
  return undefined;
}

/** The anchor whose key this certificate has, if it is one of ours. */
export function anchorOf(
  root: Certificate,
  anchors: readonly TrustAnchor[],
): TrustAnchor | undefined {
  return anchors.find((anchor) => equalBytes(anchor.certificate.publicKey.der, root.publicKey.der));
}

/** The root is the anchor's own certificate, or at least signed by the anchor's own key. */
export function rootProblem(
  root: Certificate,
  anchors: readonly TrustAnchor[],
): Mismatch | undefined {
  const anchor = anchorOf(root, anchors);
  if (anchor === undefined) {
    return {
      want: `a root with the key of ${anchors.map((a) => a.name).join(' or ') || 'a trust anchor'}`,
      got: `${root.subject.text} with another key`,
    };
  }
  return equalBytes(anchor.certificate.der, root.der) ? undefined : linkProblem(root, root, 0);
}

/**
 * Whether the list speaks for this issuer: name, key identifier where the list has one,
 * cRLSign, signature.
 */
export function crlProblem(crl: Crl, issuer: Certificate): Mismatch | undefined {
  if (!equalBytes(crl.issuer.der, issuer.subject.der)) {
    return { want: `a CRL issued by ${issuer.subject.text}`, got: shown(crl.issuer.text) };
  }
  const key = issuer.subjectKeyIdentifier;
  const named = crl.authorityKeyIdentifier;
  if (named !== undefined && (key === undefined || !equalBytes(named, key))) {
    return { want: `a CRL under key ${key ? toHex(key) : '(none)'}`, got: shown(toHex(named)) };
  }
  if (issuer.keyUsage?.cRLSign !== true) {
    return { want: `${issuer.subject.text} with cRLSign`, got: 'a key usage without it' };
  }
  if (!isSignedBy(crl, issuer.publicKey)) {
    return { want: `a CRL signed by ${issuer.subject.text}`, got: 'an invalid signature' };
  }
  return undefined;
}

/** Names and key identifiers may be empty; an answer may not. */
function shown(text: string): string {
  return text === '' ? '(empty)' : text;
}
