import '../../src/simulator/reflect-metadata.ts';
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
import { elementAt, tlv } from './forge.ts';

/** Somebody with a name and a key, who may issue certificates. */
export interface Party {
  readonly commonName: string;
  readonly keys: CryptoKeyPair;
  /** Hex, as subject and authority key identifiers carry it. */
  readonly keyId: string;
}

const P256 = { name: 'ECDSA', namedCurve: 'P-256' } as const;

export async function party(commonName: string): Promise<Party> {
  const keys = await crypto.subtle.generateKey(P256, true, ['sign', 'verify']);
  const spki = await crypto.subtle.exportKey('spki', keys.publicKey);
  const digest = await crypto.subtle.digest('SHA-1', spki);
  return { commonName, keys, keyId: toHex(new Uint8Array(digest)) };
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

/** DER of a certificate with the five extensions that Intel's hierarchy carries. */
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
    signingAlgorithm: { name: 'ECDSA', hash: wishes.hash ?? 'SHA-256' },
    extensions: extensions.filter(({ type }) => !without.includes(type)),
  });
  return new Uint8Array(made.rawData);
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
  readonly more?: readonly Extension[];
}

/** DER of a CRL with a number and an authority key identifier. */
export async function revoke(issuer: Party, wishes: CrlWishes = {}): Promise<Uint8Array> {
  const number = tlv(TAG.integer, Uint8Array.from(Buffer.from(wishes.number ?? '01', 'hex')));
  const made = await X509CrlGenerator.create({
    issuer: nameOf(issuer),
    thisUpdate: wishes.thisUpdate ?? new Date('2026-01-01T00:00:00Z'),
    nextUpdate: wishes.nextUpdate ?? new Date('2026-02-01T00:00:00Z'),
    // Without a reason the library writes an empty list of extensions, which RFC 5280 forbids.
    entries: (wishes.entries ?? []).map((entry) => ({ reason: KEY_COMPROMISE, ...entry })),
    signingKey: issuer.keys.privateKey,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    extensions: [
      new Extension(EXTENSION.crlNumber, false, new Uint8Array(number)),
      new AuthorityKeyIdentifierExtension(wishes.issuerKeyId ?? issuer.keyId),
      ...(wishes.more ?? []),
    ],
  });
  return new Uint8Array(made.rawData);
}

/** A forged certificate or CRL with a signature that is right again. */
export async function resign(der: Uint8Array, issuer: Party): Promise<Uint8Array> {
  const tbs = elementAt(der, [0]);
  const raw = await crypto.subtle.sign(
    { name: 'ECDSA', hash: 'SHA-256' },
    issuer.keys.privateKey,
    new Uint8Array(tbs),
  );
  const numbers = [new Uint8Array(raw, 0, 32), new Uint8Array(raw, 32)];
  const value = tlv(TAG.sequence, ...numbers.map(unsigned));
  const signature = tlv(TAG.bitString, Uint8Array.of(0), value);
  return tlv(TAG.sequence, tbs, elementAt(der, [1]), signature);
}

/** A non-negative INTEGER, minimal. */
function unsigned(magnitude: Uint8Array): Uint8Array {
  const start = magnitude.findIndex((byte) => byte !== 0);
  const digits = magnitude.subarray(start);
  const sign = (digits[0] ?? 0) >= 0x80 ? [0] : [];
  return tlv(TAG.integer, Uint8Array.of(...sign, ...digits));
}
