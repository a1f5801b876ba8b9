import { createHash } from 'node:crypto';
import { utf8 } from '../../core/bytes/text.ts';
import { TAG } from '../../core/encoding/der.ts';
import { EXTENSION } from '../../core/x509/extensions.ts';
import { der, derBoolean, derNumber, derOid, derSequenceOf } from '../der-writer.ts';
import type { RawExtension } from './certificates.ts';
import { keyBits } from './keys.ts';

export type ExtensionName =
  | 'authorityInfoAccess'
  | 'authorityKeyIdentifier'
  | 'basicConstraints'
  | 'crlDistributionPoints'
  | 'extendedKeyUsage'
  | 'firmwareId'
  | 'keyUsage'
  | 'ocspNoCheck'
  | 'otherFirmwareId'
  | 'strange'
  | 'subjectAltName'
  | 'subjectKeyIdentifier';

/** SubjectPublicKeyInfo of the two whom a certificate is about. */
interface Keys {
  readonly subject: Uint8Array;
  readonly issuer: Uint8Array;
}

/** An extension before the keys are known. */
type ExtensionPlan = (keys: Keys) => RawExtension;

/** By name, in the order in which they stand in the certificate. */
export type Extensions = Partial<Record<ExtensionName, ExtensionPlan>>;

const OCSP_URL = 'http://ocsp.ndis.nvidia.com';

const plain =
  (oid: string, value: Uint8Array, critical: RawExtension['critical'] = 'not-critical') =>
  (): RawExtension => ({ oid, critical, value });

/** SHA-1 of the key (RFC 5280 section 4.2.1.2, method 1), by which OCSP names responders too. */
export function keyIdentifier(publicKeyInfo: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha1').update(keyBits(publicKeyInfo)).digest());
}

export const subjectKeyIdentifier: ExtensionPlan = ({ subject }) => ({
  oid: EXTENSION.subjectKeyIdentifier,
  critical: 'not-critical',
  value: der(TAG.octetString, keyIdentifier(subject)),
});

const authorityKeyIdentifier: ExtensionPlan = ({ issuer }) => ({
  oid: EXTENSION.authorityKeyIdentifier,
  critical: 'not-critical',
  value: derSequenceOf(der(0x80, keyIdentifier(issuer))),
});

/** @param pathLength of a CA only. */
export function basicConstraints(
  constraint: 'ca' | 'end-entity',
  {
    pathLength,
    critical = 'critical',
  }: {
    pathLength?: number;
    critical?: RawExtension['critical'];
  } = {},
): ExtensionPlan {
  const value = derSequenceOf(
    ...(constraint === 'ca' ? [derBoolean(true)] : []),
    ...(pathLength === undefined ? [] : [derNumber(pathLength)]),
  );
  return plain(EXTENSION.basicConstraints, value, critical);
}

/** @param bits the first byte: 0x80 digitalSignature, 0x04 keyCertSign, 0x02 cRLSign. */
export function keyUsage(bits: number): ExtensionPlan {
  const unused = 31 - Math.clz32(bits & -bits);
  return plain(EXTENSION.keyUsage, der(TAG.bitString, Uint8Array.of(unused, bits)), 'critical');
}

function crlDistributionPoint(url: string): ExtensionPlan {
  const fullName = der(0xa0, der(0x86, utf8(url)));
  return plain(EXTENSION.crlDistributionPoints, derSequenceOf(derSequenceOf(der(0xa0, fullName))));
}

const authorityInfoAccess = plain(
  '1.3.6.1.5.5.7.1.1',
  derSequenceOf(derSequenceOf(derOid('1.3.6.1.5.5.7.48.1'), der(0x86, utf8(OCSP_URL)))),
);

const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9';
/** id-pkix-ocsp-nocheck; as a key purpose it is an oddity of NVIDIA’s device responders. */
const OCSP_NO_CHECK = '1.3.6.1.5.5.7.48.1.5';

export function extendedKeyUsage(...purposes: readonly string[]): ExtensionPlan {
  return purposesOf(purposes, 'critical');
}

export function mildExtendedKeyUsage(...purposes: readonly string[]): ExtensionPlan {
  return purposesOf(purposes, 'not-critical');
}

function purposesOf(
  purposes: readonly string[],
  critical: RawExtension['critical'],
): ExtensionPlan {
  return plain('2.5.29.37', derSequenceOf(...purposes.map(derOid)), critical);
}

const ocspNoCheck: ExtensionPlan = plain(OCSP_NO_CHECK, der(TAG.null));

/** What nobody knows, and must not be passed over. */
export const strangeAndCritical: ExtensionPlan = plain(
  '1.3.6.1.4.1.5703.99',
  der(TAG.null),
  'critical',
);

/** id-DMTF-device-info as a name: `manufacturer:product:serial`. */
export function deviceInfo(text: string): ExtensionPlan {
  const name = der(
    0xa0,
    derOid('1.3.6.1.4.1.412.274.1'),
    der(0xa0, der(TAG.utf8String, utf8(text))),
  );
  return plain('2.5.29.17', derSequenceOf(name));
}

const SHA384 = '2.16.840.1.101.3.4.2.2';
const COMPOSITE_DEVICE_ID = '2.23.133.5.4.1';
const TCB_INFO = '2.23.133.5.4.1.1';

function fwid(digest: Uint8Array): Uint8Array {
  return derSequenceOf(derOid(SHA384), der(TAG.octetString, digest));
}

/** CompositeDeviceID of TCG’s DICE: a key of the device and, last, the firmware. */
export function compositeFirmwareId(digest: Uint8Array): ExtensionPlan {
  return ({ issuer }) => ({
    oid: COMPOSITE_DEVICE_ID,
    critical: 'not-critical',
    value: derSequenceOf(derNumber(1), issuer, fwid(digest)),
  });
}

/**
 * DiceTcbInfo of TCG’s DICE.
 *
 * @param digests the firmware first; the second is all zero in genuine certificates.
 */
export function tcbInfoFirmwareId(model: string, digests: readonly Uint8Array[]): ExtensionPlan {
  const flags = Uint8Array.of(0, 0x80, 0, 0, 1);
  return plain(
    TCB_INFO,
    derSequenceOf(
      der(0x80, utf8('NVIDIA')),
      der(0x81, utf8(model)),
      der(0x82, utf8('01')),
      der(0x83, Uint8Array.of(1)),
      der(0x84, Uint8Array.of(0)),
      der(0x85, Uint8Array.of(0)),
      der(0xa6, ...digests.map(fwid)),
      der(0x87, flags),
      der(0x88, Uint8Array.of(0xc0)),
      der(0x89, Uint8Array.of(0)),
    ),
  );
}

interface CaProfile {
  readonly usage?: number;
  readonly pathLength?: number;
  readonly crlUrl?: string;
  readonly ocsp?: 'named' | 'not named';
}

export function caExtensions({
  usage = 0x06,
  pathLength,
  crlUrl,
  ocsp = 'not named',
}: CaProfile): Extensions {
  return {
    basicConstraints: basicConstraints('ca', pathLength === undefined ? {} : { pathLength }),
    keyUsage: keyUsage(usage),
    ...(crlUrl !== undefined && { crlDistributionPoints: crlDistributionPoint(crlUrl) }),
    ...(ocsp === 'named' && { authorityInfoAccess }),
    subjectKeyIdentifier,
    authorityKeyIdentifier,
  };
}

/** The root of manifests has them in another order than all other CAs. */
export const RIM_ROOT_EXTENSIONS: Extensions = {
  subjectKeyIdentifier,
  authorityKeyIdentifier,
  basicConstraints: basicConstraints('ca'),
  keyUsage: keyUsage(0x06),
};

export const RIM_SIGNER_EXTENSIONS: Extensions = {
  subjectKeyIdentifier,
  authorityKeyIdentifier,
  basicConstraints: basicConstraints('end-entity'),
  keyUsage: keyUsage(0x80),
  authorityInfoAccess,
};

export function responderExtensions(of: 'device' | 'rim'): Extensions {
  return {
    basicConstraints: basicConstraints('end-entity', { critical: 'not-critical' }),
    keyUsage: keyUsage(0x80),
    ...(of === 'device'
      ? { extendedKeyUsage: extendedKeyUsage(OCSP_SIGNING, OCSP_NO_CHECK) }
      : { extendedKeyUsage: extendedKeyUsage(OCSP_SIGNING), ocspNoCheck }),
    subjectKeyIdentifier,
    authorityKeyIdentifier,
  };
}

export function leafExtensions(info: string, firmwareId: ExtensionPlan): Extensions {
  return {
    keyUsage: keyUsage(0x80),
    subjectKeyIdentifier,
    authorityKeyIdentifier,
    subjectAltName: deviceInfo(info),
    firmwareId,
  };
}
