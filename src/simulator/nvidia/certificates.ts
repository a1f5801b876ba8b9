import { fromHex } from '../../core/bytes/hex.ts';
import { TAG } from '../../core/encoding/der.ts';
import { SIMULATOR_ORGANIZATION } from '../../core/x509/anchors.ts';
import {
  der,
  derBits,
  derBoolean,
  derNumber,
  derOid,
  derSequenceOf,
  derTime,
  derUnsigned,
} from '../der-writer.ts';
import { derName, type NameAttribute } from '../distinguished-name.ts';

export type NvidiaName = readonly NameAttribute[];

export interface RawExtension {
  readonly oid: string;
  readonly critical: 'critical' | 'not-critical';
  /** DER inside the extnValue. */
  readonly value: Uint8Array;
}

interface CertificateContent {
  readonly subject: NvidiaName;
  readonly issuer: NvidiaName;
  /** Hex. */
  readonly serial: string;
  readonly notBefore: string;
  readonly notAfter: string;
  readonly publicKeyInfo: Uint8Array;
  readonly extensions: readonly RawExtension[];
}

/** r ‖ s over SHA-384. */
type Sign = (message: Uint8Array) => Uint8Array;

const ECDSA_WITH_SHA384 = derSequenceOf(derOid('1.2.840.10045.4.3.3'));

/** The name of a CA of NVIDIA's, but under our own organisation. */
export function caName(commonName: string): NvidiaName {
  return [
    ['commonName', commonName],
    ['organizationName', SIMULATOR_ORGANIZATION],
    ['countryName', 'US'],
  ];
}

/** Roots and the CAs directly below the device root say no country. */
export function shortName(commonName: string): NvidiaName {
  return caName(commonName).slice(0, 2);
}

/** A device's own names carry the serial number of their certificate. */
export function deviceName(commonName: string, serial: string): NvidiaName {
  return [
    ['serialNumber', serial.toUpperCase()],
    ['countryName', 'US'],
    ['organizationName', SIMULATOR_ORGANIZATION],
    ['commonName', commonName],
  ];
}

export function signerName(commonName: string): NvidiaName {
  return [
    ['countryName', 'US'],
    ['stateOrProvinceName', 'CA'],
    ['localityName', 'Santa Clara'],
    ['organizationName', SIMULATOR_ORGANIZATION],
    ['commonName', commonName],
  ];
}

/** With one attribute changed, the rest as it was. */
export function renamed(name: NvidiaName, type: NameAttribute[0], value: string): NvidiaName {
  return name.map((attribute) => (attribute[0] === type ? [type, value] : attribute));
}

/**
 * DER of an X.509 v3 certificate (RFC 5280 section 4.1) under ecdsa-with-SHA384, its extensions
 * in the order given. Written here, not by a library: all of it is said in full by the plan,
 * down to a validity that ends with the year 9999.
 */
export function encodeCertificate(content: CertificateContent, sign: Sign): Uint8Array {
  const tbs = derSequenceOf(
    der(0xa0, derNumber(2)),
    derUnsigned(fromHex(content.serial, 'simulator.serial')),
    ECDSA_WITH_SHA384,
    derName(content.issuer),
    derSequenceOf(derTime(Date.parse(content.notBefore)), derTime(Date.parse(content.notAfter))),
    derName(content.subject),
    content.publicKeyInfo,
    der(0xa3, derSequenceOf(...content.extensions.map(encodeExtension))),
  );
  return derSequenceOf(tbs, ...signatureOf(tbs, sign));
}

/** AlgorithmIdentifier and BIT STRING, as they stand behind everything that is signed. */
export function signatureOf(tbs: Uint8Array, sign: Sign): readonly [Uint8Array, Uint8Array] {
  const raw = sign(tbs);
  const half = raw.length / 2;
  const numbers = derSequenceOf(
    derUnsigned(raw.subarray(0, half)),
    derUnsigned(raw.subarray(half)),
  );
  return [ECDSA_WITH_SHA384, derBits(numbers)];
}

export function encodeExtension({ oid, critical, value }: RawExtension): Uint8Array {
  return derSequenceOf(
    derOid(oid),
    ...(critical === 'critical' ? [derBoolean(true)] : []),
    der(TAG.octetString, value),
  );
}
