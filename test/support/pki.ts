import '../../src/core/x509/reflect-metadata.ts';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  CRLDistributionPointsExtension,
  Extension,
  type JsonName,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
  type X509CrlEntryParams,
  X509CrlGenerator,
  X509CrlReason,
} from '@peculiar/x509';
import { toHex } from '../../src/core/bytes/hex.ts';
import { TAG } from '../../src/core/encoding/der.ts';
import { EXTENSION } from '../../src/core/x509/extensions.ts';
import { elementAt, PSS_SHA384, tlv, withAlgorithm } from './forge.ts';
import type { RsaTestKey } from './rsa-keys.ts';

/** Somebody with a name and a key, who may issue certificates. */
export interface Party {
  readonly commonName: string;
  readonly keys: CryptoKeyPair;
  /** Hex, as subject and authority key identifiers carry it. */
  readonly keyId: string;
}

/** @param key a curve, on which a new key is made, or the RSA key to take. */
export async function party(
  commonName: string,
  key: 'P-256' | 'P-384' | RsaTestKey = 'P-256',
): Promise<Party> {
  const keys = typeof key === 'string' ? await curveKeys(key) : rsaKeys(key);
  const spki = await crypto.subtle.exportKey('spki', keys.publicKey);
  const digest = await crypto.subtle.digest('SHA-1', spki);
  return { commonName, keys, keyId: toHex(new Uint8Array(digest)) };
}

function curveKeys(namedCurve: 'P-256' | 'P-384'): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey({ name: 'ECDSA', namedCurve }, true, ['sign', 'verify']);
}

function rsaKeys({ privateKey, publicKey }: RsaTestKey): CryptoKeyPair {
  const pss = { name: 'RSA-PSS', hash: 'SHA-384' };
  return {
    // The same class under two names, Node's own and the platform's.
    privateKey: privateKey.toCryptoKey(pss, true, ['sign']) as CryptoKey,
    publicKey: publicKey.toCryptoKey(pss, true, ['verify']) as CryptoKey,
  };
}

/** What a test changes about a certificate of Intel's profile. */
export interface CertificateWishes {
  readonly kind?: 'ca' | 'end-entity';
  /** cA of the basic constraints; follows `kind` unless said. */
  readonly basicConstraints?: 'ca' | 'end-entity';
  readonly pathLength?: number;
  readonly usages?: KeyUsageFlags;
  readonly serial?: string;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  readonly subject?: JsonName;
  readonly issuerKeyId?: string;
  readonly hash?: 'SHA-256' | 'SHA-384';
  /** OIDs of extensions to leave out. */
  readonly without?: readonly string[];
  readonly more?: readonly Extension[];
}

/**
 * DER of a certificate with the five extensions that Intel's hierarchy carries, signed by the
 * scheme that goes with the issuer's key.
 */
export async function certify(
  subject: Party,
  issuer: Party,
  wishes: CertificateWishes = {},
): Promise<Uint8Array> {
  const { kind = 'end-entity', basicConstraints = kind, without = [], more = [] } = wishes;
  const usages = kind === 'ca' ? CA_USAGES : KeyUsageFlags.digitalSignature;
  const extensions = [
    new AuthorityKeyIdentifierExtension(wishes.issuerKeyId ?? issuer.keyId),
    new CRLDistributionPointsExtension(['https://example.test/root.crl']),
    new SubjectKeyIdentifierExtension(subject.keyId),
    new KeyUsagesExtension(wishes.usages ?? usages, true),
    new BasicConstraintsExtension(basicConstraints === 'ca', wishes.pathLength, true),
    ...more,
  ];
  const made = await X509CertificateGenerator.create({
    serialNumber: wishes.serial ?? '1234',
    subject: wishes.subject ?? nameOf(subject),
    issuer: nameOf(issuer),
    notBefore: wishes.notBefore ?? new Date('2020-01-01T00:00:00Z'),
    notAfter: wishes.notAfter ?? new Date('2049-12-31T23:59:59Z'),
    publicKey: subject.keys.publicKey,
    signingKey: issuer.keys.privateKey,
    signingAlgorithm: schemeOf(issuer, wishes.hash),
    extensions: extensions.filter(({ type }) => !without.includes(type)),
  });
  return asVendorsWrite(new Uint8Array(made.rawData), issuer);
}

function schemeOf({ keys }: Party, hash?: string): EcdsaParams & RsaPssParams {
  const { name, namedCurve } = keys.privateKey.algorithm as EcKeyAlgorithm;
  const usual = namedCurve === 'P-256' ? 'SHA-256' : 'SHA-384';
  return { name, hash: hash ?? usual, saltLength: 48 };
}

/** The library leaves the NULL of the hashes out of RSASSA-PSS-params; AMD writes it. */
async function asVendorsWrite(der: Uint8Array, issuer: Party): Promise<Uint8Array> {
  return isRsa(issuer) ? resign(withAlgorithm(der, PSS_SHA384), issuer) : der;
}

function isRsa({ keys }: Party): boolean {
  return keys.privateKey.algorithm.name === 'RSA-PSS';
}

const CA_USAGES = KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign;

function nameOf({ commonName }: Party): JsonName {
  return [{ CN: [commonName] }, { O: ['Test'] }, { C: ['DE'] }];
}

const KEY_COMPROMISE = X509CrlReason.keyCompromise;

export interface CrlWishes {
  readonly entries?: X509CrlEntryParams[];
  readonly thisUpdate?: Date;
  readonly nextUpdate?: Date;
  readonly issuerKeyId?: string;
  /** Content of the CRL number INTEGER, hex. */
  readonly number?: string;
  /** OIDs of extensions to leave out; a list without any has no list of extensions either. */
  readonly without?: readonly string[];
  readonly more?: readonly Extension[];
}

/** DER of a CRL with a number and an authority key identifier. */
export async function revoke(issuer: Party, wishes: CrlWishes = {}): Promise<Uint8Array> {
  const number = tlv(TAG.integer, Uint8Array.from(Buffer.from(wishes.number ?? '01', 'hex')));
  const extensions = [
    new Extension(EXTENSION.crlNumber, false, new Uint8Array(number)),
    new AuthorityKeyIdentifierExtension(wishes.issuerKeyId ?? issuer.keyId),
    ...(wishes.more ?? []),
  ];
  const made = await X509CrlGenerator.create({
    issuer: nameOf(issuer),
    thisUpdate: wishes.thisUpdate ?? new Date('2026-01-01T00:00:00Z'),
    nextUpdate: wishes.nextUpdate ?? new Date('2026-02-01T00:00:00Z'),
    // Without a reason the library writes an empty list of extensions, which RFC 5280 forbids.
    entries: (wishes.entries ?? []).map((entry) => ({ reason: KEY_COMPROMISE, ...entry })),
    signingKey: issuer.keys.privateKey,
    signingAlgorithm: schemeOf(issuer),
    extensions: extensions.filter(({ type }) => wishes.without?.includes(type) !== true),
  });
  return asVendorsWrite(new Uint8Array(made.rawData), issuer);
}

/**
 * A forged certificate or CRL with a signature that is right again: of the issuer's own scheme,
 * whatever the algorithm identifier says.
 */
export async function resign(der: Uint8Array, issuer: Party): Promise<Uint8Array> {
  const tbs = elementAt(der, [0]);
  const { privateKey } = issuer.keys;
  const made = await crypto.subtle.sign(schemeOf(issuer), privateKey, new Uint8Array(tbs));
  const raw = new Uint8Array(made);
  const value = isRsa(issuer) ? raw : ecdsaSigValue(raw);
  const signature = tlv(TAG.bitString, Uint8Array.of(0), value);
  return tlv(TAG.sequence, tbs, elementAt(der, [1]), signature);
}

/** @param raw r ‖ s. */
function ecdsaSigValue(raw: Uint8Array): Uint8Array {
  const half = raw.length / 2;
  return tlv(TAG.sequence, unsigned(raw.subarray(0, half)), unsigned(raw.subarray(half)));
}

/** A non-negative INTEGER, minimal. */
function unsigned(magnitude: Uint8Array): Uint8Array {
  const start = magnitude.findIndex((byte) => byte !== 0);
  const digits = magnitude.subarray(start);
  const sign = (digits[0] ?? 0) >= 0x80 ? [0] : [];
  return tlv(TAG.integer, Uint8Array.of(...sign, ...digits));
}
