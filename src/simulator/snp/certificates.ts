import '../../core/x509/reflect-metadata.ts';
import {
  Extension,
  type Name,
  X509CertificateGenerator,
  X509CrlGenerator,
  X509CrlReason,
} from '@peculiar/x509';
import { sha256 } from '#crypto';
import { utf8 } from '../../core/bytes/text.ts';
import { TAG } from '../../core/encoding/der.ts';
import { SIMULATOR_ORGANIZATION } from '../../core/x509/anchors.ts';
import { EXTENSION } from '../../core/x509/extensions.ts';
import { der, derBoolean, derNumber, derSequenceOf } from '../der-writer.ts';
import { deterministicCrypto, keyHandle } from '../deterministic-crypto.ts';
import { arrayBuffer, distinguishedName } from '../distinguished-name.ts';
import type { RsaSimulatorKey } from '../rsa.ts';
import { RSA_SCHEMES, type RsaSchemeName } from './rsa-scheme.ts';

/** Organisation and common name; what else a name of AMD's has is the same in all of them. */
export interface AmdName {
  organization: string;
  commonName: string;
}

export interface RawExtension {
  readonly oid: string;
  readonly critical: 'critical' | 'not-critical';
  /** DER inside the extnValue. */
  readonly value: Uint8Array;
}

interface SnpCertificateContent {
  readonly subject: AmdName;
  /** Hex; 00 is what all VCEKs and VLEKs have. */
  readonly serial: string;
  readonly notBefore: string;
  readonly notAfter: string;
  readonly extensions: readonly RawExtension[];
}

/** Who signs, under what name, and how. */
export interface SnpIssuer {
  readonly name: AmdName;
  readonly key: RsaSimulatorKey;
  readonly scheme: RsaSchemeName;
}

export interface SnpCrlContent {
  thisUpdate: string;
  nextUpdate: string;
  /** Serials in hex. */
  revoked: { serial: string; at: string }[];
  /** `none` is AMD’s profile; RFC 5280 asks for a number and an authority key identifier. */
  extensions: 'number-and-authority' | 'none';
}

/** The name under our own organisation, in the order and string types of AMD's hierarchy. */
export function simulatorName(commonName: string): AmdName {
  return { organization: SIMULATOR_ORGANIZATION, commonName };
}

function amdLikeName({ organization, commonName }: AmdName): Name {
  return distinguishedName([
    ['organizationalUnitName', 'Engineering'],
    ['countryName', 'US'],
    ['localityName', 'Santa Clara'],
    ['stateOrProvinceName', 'CA'],
    ['organizationName', organization],
    ['commonName', commonName],
  ]);
}

/** DER of an X.509 v3 certificate, its extensions in the order given. */
export async function issueSnpCertificate(
  content: SnpCertificateContent,
  publicKeyInfo: Uint8Array,
  issuer: SnpIssuer,
): Promise<Uint8Array> {
  const certificate = await X509CertificateGenerator.create(
    {
      serialNumber: content.serial,
      subject: amdLikeName(content.subject),
      issuer: amdLikeName(issuer.name),
      notBefore: new Date(content.notBefore),
      notAfter: new Date(content.notAfter),
      publicKey: arrayBuffer(publicKeyInfo),
      signingKey: handleOf(issuer),
      signingAlgorithm: { name: RSA_SCHEMES[issuer.scheme].oid },
      extensions: content.extensions.map(extension),
    },
    deterministicCrypto,
  );
  return new Uint8Array(certificate.rawData);
}

/** DER of an X.509 v2 CRL. */
export async function issueSnpCrl(content: SnpCrlContent, issuer: SnpIssuer): Promise<Uint8Array> {
  const crl = await X509CrlGenerator.create(
    {
      issuer: amdLikeName(issuer.name),
      thisUpdate: new Date(content.thisUpdate),
      nextUpdate: new Date(content.nextUpdate),
      signingKey: handleOf(issuer),
      signingAlgorithm: { name: RSA_SCHEMES[issuer.scheme].oid },
      entries: content.revoked.map(({ serial, at }) => ({
        serialNumber: serial,
        revocationDate: new Date(at),
        // Without a reason the library writes an empty list of extensions, which RFC 5280 forbids.
        reason: X509CrlReason.keyCompromise,
      })),
      extensions: content.extensions === 'none' ? [] : numberAndAuthority(issuer),
    },
    deterministicCrypto,
  );
  return new Uint8Array(crl.rawData);
}

function numberAndAuthority({ key }: SnpIssuer): Extension[] {
  return [
    { oid: EXTENSION.crlNumber, critical: 'not-critical' as const, value: derNumber(1) },
    authorityKeyIdentifier(key.publicKeyInfo),
  ].map(extension);
}

function handleOf({ key, scheme }: SnpIssuer): CryptoKey {
  const { oid, parameters, sign } = RSA_SCHEMES[scheme];
  const algorithm = { name: oid, parameters: arrayBuffer(parameters) };
  return keyHandle({ sign: (message) => sign(key, message) }, algorithm);
}

function extension({ oid, critical, value }: RawExtension): Extension {
  return new Extension(oid, critical === 'critical', arrayBuffer(value));
}

/** 20 bytes of a hash of the key (RFC 7093 section 2, method 4). */
function keyIdentifier(publicKeyInfo: Uint8Array): Uint8Array {
  return sha256(publicKeyInfo).subarray(0, 20);
}

export function subjectKeyIdentifier(publicKeyInfo: Uint8Array): RawExtension {
  return {
    oid: EXTENSION.subjectKeyIdentifier,
    critical: 'not-critical',
    value: der(TAG.octetString, keyIdentifier(publicKeyInfo)),
  };
}

export function authorityKeyIdentifier(publicKeyInfo: Uint8Array): RawExtension {
  return {
    oid: EXTENSION.authorityKeyIdentifier,
    critical: 'not-critical',
    value: derSequenceOf(der(0x80, keyIdentifier(publicKeyInfo))),
  };
}

export function basicConstraints(
  constraint: 'ca' | 'end-entity',
  pathLength: number | undefined,
): RawExtension {
  return {
    oid: EXTENSION.basicConstraints,
    critical: 'critical',
    value: derSequenceOf(
      ...(constraint === 'ca' ? [derBoolean(true)] : []),
      ...(pathLength === undefined ? [] : [derNumber(pathLength)]),
    ),
  };
}

/** KeyUsage with one unused bit whatever the bits are, as AMD writes it. */
export function keyUsage(bits: number): RawExtension {
  return {
    oid: EXTENSION.keyUsage,
    critical: 'critical',
    value: der(TAG.bitString, Uint8Array.of(1, bits)),
  };
}

export function crlDistributionPoint(url: string): RawExtension {
  const fullName = der(0xa0, der(0x86, utf8(url)));
  return {
    oid: EXTENSION.crlDistributionPoints,
    critical: 'not-critical',
    value: derSequenceOf(derSequenceOf(der(0xa0, fullName))),
  };
}
