import { toHex } from '../bytes/hex.ts';
import { type DerReader, derSequence, TAG } from '../encoding/der.ts';
import { parseDerGeneralizedTime, parseDerUtcTime } from '../encoding/time.ts';
import { malformed } from '../fault.ts';
import {
  type BasicConstraints,
  EXTENSION,
  type Extensions,
  type KeyUsage,
  parseAuthorityKeyIdentifier,
  parseBasicConstraints,
  parseExtendedKeyUsage,
  parseExtensions,
  parseKeyUsage,
  parseSubjectKeyIdentifier,
} from './extensions.ts';
import { type DistinguishedName, parseName } from './name.ts';
import {
  expectSameAlgorithm,
  type PublicKeyInfo,
  parsePublicKeyInfo,
  parseSigned,
  type Signed,
} from './signed.ts';
import type { Validity } from './validity.ts';

/** An X.509 v3 certificate (RFC 5280 section 4.1), every field that verification looks at. */
export interface Certificate extends Signed {
  readonly der: Uint8Array;
  /** Lower-case hex of the INTEGER content, as CRLs list it. */
  readonly serial: string;
  readonly issuer: DistinguishedName;
  readonly subject: DistinguishedName;
  readonly validity: Validity;
  readonly publicKey: PublicKeyInfo;
  readonly extensions: Extensions;
  readonly basicConstraints: BasicConstraints | undefined;
  readonly keyUsage: KeyUsage | undefined;
  /** Purposes by object identifier; only who honours it lets it be critical. */
  readonly extendedKeyUsage: readonly string[] | undefined;
  readonly subjectKeyIdentifier: Uint8Array | undefined;
  readonly authorityKeyIdentifier: Uint8Array | undefined;
}

/** What the chain rules honour when critical; any other critical extension is refused. */
const KNOWN_CRITICAL: ReadonlySet<string> = new Set([
  EXTENSION.keyUsage,
  EXTENSION.basicConstraints,
  EXTENSION.subjectKeyIdentifier,
  EXTENSION.authorityKeyIdentifier,
  EXTENSION.crlDistributionPoints,
]);

const NONE: readonly string[] = [];

/**
 * @param honoured extensions that the caller looks at itself, and that may be critical therefore.
 * @throws Fault `malformed` naming the field below `path`.
 */
export function parseCertificate(
  der: Uint8Array,
  path: string,
  honoured: readonly string[] = NONE,
): Certificate {
  const signed = parseSigned(der, path);
  const tbs = derSequence(signed.tbs, `${path}.tbsCertificate`);
  const version = tbs.inside(0xa0, 'version');
  if (version.smallInteger('version') !== 2) throw malformed(`${path}.version`, 'want X.509 v3');
  version.end();
  const serial = toHex(tbs.integer('serialNumber'));
  expectSameAlgorithm(tbs, signed, path);
  const issuer = parseName(tbs.expect(TAG.sequence, 'issuer').raw, `${path}.issuer`);
  const validity = parseValidity(tbs.sequence('validity'), `${path}.validity`);
  const subject = parseName(tbs.expect(TAG.sequence, 'subject').raw, `${path}.subject`);
  const publicKey = parsePublicKeyInfo(
    tbs.expect(TAG.sequence, 'subjectPublicKeyInfo').raw,
    `${path}.subjectPublicKeyInfo`,
  );
  const wrapper = tbs.inside(0xa3, 'extensions');
  const known = honoured.length === 0 ? KNOWN_CRITICAL : KNOWN_CRITICAL.union(new Set(honoured));
  const extensions = parseExtensions(wrapper, known, `${path}.extensions`);
  wrapper.end();
  tbs.end();
  const read = <T>(oid: string, parse: (value: Uint8Array, path: string) => T): T | undefined => {
    const extension = extensions.get(oid);
    return extension && parse(extension.value, `${path}.extensions.${oid}`);
  };
  return {
    ...signed,
    der,
    serial,
    issuer,
    subject,
    validity,
    publicKey,
    extensions,
    basicConstraints: read(EXTENSION.basicConstraints, parseBasicConstraints),
    keyUsage: read(EXTENSION.keyUsage, parseKeyUsage),
    extendedKeyUsage: read(EXTENSION.extendedKeyUsage, parseExtendedKeyUsage),
    subjectKeyIdentifier: read(EXTENSION.subjectKeyIdentifier, parseSubjectKeyIdentifier),
    authorityKeyIdentifier: read(EXTENSION.authorityKeyIdentifier, parseAuthorityKeyIdentifier),
  };
}

function parseValidity(reader: DerReader, path: string): Validity {
  const notBefore = parseTime(reader, `${path}.notBefore`);
  const notAfter = parseTime(reader, `${path}.notAfter`);
  reader.end();
  return { from: notBefore, to: notAfter };
}

/** Time ::= CHOICE { utcTime, generalTime }, in milliseconds since the epoch. */
export function parseTime(reader: DerReader, path: string): number {
  const { tag, content } = reader.element('time');
  let text = '';
  for (const byte of content.subarray(0, 32)) text += String.fromCharCode(byte);
  if (tag === TAG.utcTime) return parseDerUtcTime(text, path);
  if (tag === TAG.generalizedTime) return parseDerGeneralizedTime(text, path);
  throw malformed(path, `want a time, got tag 0x${tag.toString(16)}`);
}
