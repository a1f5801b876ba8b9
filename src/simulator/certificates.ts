import '../core/x509/reflect-metadata.ts';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  CRLDistributionPointsExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  type Name,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
  X509CrlGenerator,
  X509CrlReason,
} from '@peculiar/x509';
import { sha256 } from '#crypto';
import { fromHex, toHex } from '../core/bytes/hex.ts';
import { concatBytes } from '../core/bytes/writer.ts';
import { SIMULATOR_ORGANIZATION } from '../core/x509/anchors.ts';
import { EXTENSION } from '../core/x509/extensions.ts';
import { derNumber } from './der-writer.ts';
import { deterministicCrypto, keyHandle } from './deterministic-crypto.ts';
import { arrayBuffer, distinguishedName } from './distinguished-name.ts';
import type { SimulatorKey } from './keys.ts';

/** SubjectPublicKeyInfo of an uncompressed P-256 point, up to and including the 0x04 (RFC 5480). */
const P256_SPKI_PREFIX = fromHex(
  '3059301306072a8648ce3d020106082a8648ce3d03010703420004',
  'simulator.p256',
);

export type ExtensionName =
  | 'authorityKeyIdentifier'
  | 'crlDistributionPoints'
  | 'subjectKeyIdentifier'
  | 'keyUsage'
  | 'basicConstraints';

/** What a certificate says, in the words of RFC 5280; who signs it is said beside it. */
export interface CertificateContent {
  commonName: string;
  /** 20 bytes in hex, as Intel numbers its certificates. */
  serial: string;
  notBefore: string;
  notAfter: string;
  /** `ca`: keyCertSign and cRLSign. `end-entity`: digitalSignature and nonRepudiation. */
  usage: 'ca' | 'end-entity';
  /** cA of the basic constraints, said apart from the key usage so that either can be wrong. */
  constraint: 'ca' | 'end-entity';
  pathLength: number | undefined;
  crlUrl: string;
  /** Extensions to leave out. */
  without: ExtensionName[];
  /** Further extensions, after Intel's five. */
  more: { oid: string; critical: 'critical' | 'not-critical'; value: Uint8Array }[];
}

export interface Issuer {
  readonly commonName: string;
  readonly key: SimulatorKey;
}

interface RevokedEntry {
  serial: string;
  at: string;
}

export interface CrlContent {
  thisUpdate: string;
  nextUpdate: string;
  number: number;
  revoked: RevokedEntry[];
  extensions: 'number-and-authority' | 'none';
}

/** The name in the order and string types of Intel's hierarchy, but under our own organisation. */
function intelLikeName(commonName: string): Name {
  return distinguishedName([
    ['commonName', commonName],
    ['organizationName', SIMULATOR_ORGANIZATION],
    ['localityName', 'Santa Clara'],
    ['stateOrProvinceName', 'CA'],
    ['countryName', 'US'],
  ]);
}

/** 20 bytes of a hash of the public point (RFC 7093 section 2, method 1). */
export function keyIdentifier(key: SimulatorKey): string {
  return toHex(sha256(concatBytes(Uint8Array.of(4), key.publicKey)).subarray(0, 20));
}

/** DER of an X.509 v3 certificate; the extensions in Intel's order. */
export async function issueCertificate(
  content: CertificateContent,
  key: SimulatorKey,
  issuer: Issuer,
): Promise<Uint8Array> {
  const usages =
    content.usage === 'ca'
      ? KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign
      : KeyUsageFlags.digitalSignature | KeyUsageFlags.nonRepudiation;
  const five: [ExtensionName, Extension][] = [
    [
      'authorityKeyIdentifier',
      new AuthorityKeyIdentifierExtension(keyIdentifier(issuer.key), false),
    ],
    ['crlDistributionPoints', new CRLDistributionPointsExtension([content.crlUrl], false)],
    ['subjectKeyIdentifier', new SubjectKeyIdentifierExtension(keyIdentifier(key), false)],
    ['keyUsage', new KeyUsagesExtension(usages, true)],
    [
      'basicConstraints',
      new BasicConstraintsExtension(content.constraint === 'ca', content.pathLength, true),
    ],
  ];
  const more = content.more.map(
    ({ oid, critical, value }) => new Extension(oid, critical === 'critical', arrayBuffer(value)),
  );
  const certificate = await X509CertificateGenerator.create(
    {
      serialNumber: content.serial,
      subject: intelLikeName(content.commonName),
      issuer: intelLikeName(issuer.commonName),
      notBefore: new Date(content.notBefore),
      notAfter: new Date(content.notAfter),
      publicKey: arrayBuffer(concatBytes(P256_SPKI_PREFIX, key.publicKey)),
      signingKey: keyHandle(issuer.key),
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
      extensions: [
        ...five.filter(([name]) => !content.without.includes(name)).map(([, made]) => made),
        ...more,
      ],
    },
    deterministicCrypto,
  );
  return new Uint8Array(certificate.rawData);
}

/** DER of an X.509 v2 CRL, every entry with the reason keyCompromise as Intel writes it. */
export async function issueCrl(content: CrlContent, issuer: Issuer): Promise<Uint8Array> {
  const crl = await X509CrlGenerator.create(
    {
      issuer: intelLikeName(issuer.commonName),
      thisUpdate: new Date(content.thisUpdate),
      nextUpdate: new Date(content.nextUpdate),
      signingKey: keyHandle(issuer.key),
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
      entries: content.revoked.map(({ serial, at }) => ({
        serialNumber: serial,
        revocationDate: new Date(at),
        reason: X509CrlReason.keyCompromise,
      })),
      extensions:
        content.extensions === 'none'
          ? []
          : [
              new Extension(EXTENSION.crlNumber, false, arrayBuffer(derNumber(content.number))),
              new AuthorityKeyIdentifierExtension(keyIdentifier(issuer.key), false),
            ],
    },
    deterministicCrypto,
  );
  return new Uint8Array(crl.rawData);
}
