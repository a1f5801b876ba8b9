import '../../src/core/x509/reflect-metadata.ts';
import { Extension, type JsonName } from '@peculiar/x509';
import { toHex } from '../../src/core/bytes/hex.ts';
import { utf8 } from '../../src/core/bytes/text.ts';
import { concatBytes } from '../../src/core/bytes/writer.ts';
import { TAG } from '../../src/core/encoding/der.ts';
import { toPem } from '../../src/core/encoding/pem.ts';
import { EXTENSION } from '../../src/core/x509/extensions.ts';
import { tlv } from './forge.ts';
import { hex } from './hex.ts';
import { type CertificateWishes, certify, type Party, party } from './pki.ts';

/** Everybody above one device's own keys. */
export interface NvidiaCas {
  readonly root: Party;
  readonly identity: Party;
  readonly provisioner: Party;
}

export async function nvidiaCas(chip = 'GH100'): Promise<NvidiaCas> {
  return {
    root: await party('NVIDIA Device Identity CA', 'P-384'),
    identity: await party(`NVIDIA ${chip} Identity`, 'P-384'),
    provisioner: await party(`NVIDIA ${chip} Provisioner ICA 1`, 'P-384'),
  };
}

/** How a generation of chips names itself and its firmware. */
export type Generation = 'hopper' | 'blackwell' | 'switch';

const CHIPS: Readonly<Record<Generation, string>> = {
  hopper: 'GH100',
  blackwell: 'GB100',
  switch: 'LS_10',
};

/** Keys of one device, and what its certificates say of it. */
export interface DeviceKeys {
  readonly generation: Generation;
  readonly chip: string;
  /** `GSP` of a GPU, `FSP` of a switch. */
  readonly part: string;
  readonly leaf: Party;
  readonly brom: Party;
  /** 8 bytes, hex. */
  readonly pdi: string;
  /** The leaf's serial number, hex. */
  readonly serial: string;
  readonly fwid: Uint8Array;
}

export async function deviceKeys(
  generation: Generation,
  pdi = '431d480fe5e87274',
  chip = CHIPS[generation],
): Promise<DeviceKeys> {
  const part = generation === 'switch' ? 'FSP' : 'GSP';
  const leaf = await party(`${chip} A01 ${part} FMC LF`, 'P-384');
  return {
    generation,
    chip,
    part,
    leaf,
    brom: await party(`${chip} A01 ${part} BROM`, 'P-384'),
    pdi,
    serial: `53${leaf.keyId.slice(2)}`,
    fwid: new Uint8Array(48).fill(0x4f),
  };
}

/** What a test changes about each certificate of a device's five. */
export interface ChainWishes {
  readonly leaf?: CertificateWishes;
  readonly brom?: CertificateWishes;
  readonly provisioner?: CertificateWishes;
  readonly identity?: CertificateWishes;
  readonly root?: CertificateWishes;
  /** Extensions of the leaf, instead of the device information and firmware id of its generation. */
  readonly leafExtensions?: readonly Extension[];
}

const FOREVER = new Date('9999-12-31T23:59:59Z');
const BARE = [EXTENSION.crlDistributionPoints];

/** DER of the five, leaf first, in NVIDIA's profile. */
export async function deviceChain(
  cas: NvidiaCas,
  device: DeviceKeys,
  wishes: ChainWishes = {},
): Promise<readonly [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array]> {
  const { leaf, brom, serial, pdi } = device;
  const ca = { kind: 'ca', notAfter: FOREVER } as const;
  const first = device.generation === 'switch' ? '50' : '41';
  return [
    await certify(leaf, brom, {
      serial,
      notAfter: FOREVER,
      without: [...BARE, EXTENSION.basicConstraints],
      more: wishes.leafExtensions ?? [deviceInfo(`NVIDIA:${device.chip}:48B02D00`), fwidOf(device)],
      ...wishes.leaf,
    }),
    await certify(brom, cas.provisioner, {
      ...ca,
      serial: first + pdi,
      without: BARE,
      ...wishes.brom,
    }),
    ...(await caChain(cas, wishes)),
  ];
}

type Three = readonly [Uint8Array, Uint8Array, Uint8Array];

/** All devices of one machine bring the same ones. */
const USUAL = new WeakMap<NvidiaCas, Promise<Three>>();

function caChain(cas: NvidiaCas, wishes: ChainWishes): Promise<Three> {
  if (wishes.provisioner || wishes.identity || wishes.root) return makeCas(cas, wishes);
  const usual = USUAL.get(cas) ?? makeCas(cas, {});
  USUAL.set(cas, usual);
  return usual;
}

async function makeCas(
  { root, identity, provisioner }: NvidiaCas,
  wishes: ChainWishes,
): Promise<Three> {
  const ca = { kind: 'ca', notAfter: FOREVER } as const;
  return [
    await certify(provisioner, identity, { ...ca, ...wishes.provisioner }),
    await certify(identity, root, { ...ca, ...wishes.identity }),
    await certify(root, root, { ...ca, without: BARE, ...wishes.root }),
  ];
}

export function pemOf(ders: readonly Uint8Array[]): Uint8Array {
  return utf8(ders.map((der) => toPem(der, 'CERTIFICATE')).join(''));
}

/** A name of one attribute, for certificates that are called otherwise than their key's owner. */
export function named(commonName: string): JsonName {
  return [{ CN: [commonName] }, { O: ['Test'] }, { C: ['DE'] }];
}

/** subjectAltName with an otherName of id-DMTF-device-info. */
export function deviceInfo(text: string): Extension {
  return subjectAltName(tlv(TAG.utf8String, utf8(text)));
}

/** @param value the element inside the otherName, whatever it be. */
export function subjectAltName(value: Uint8Array): Extension {
  const other = tlv(0xa0, hex('060a 2b06010401831c821201'), tlv(0xa0, value));
  return extension('2.5.29.17', tlv(TAG.sequence, other));
}

export function extension(oid: string, value: Uint8Array): Extension {
  return new Extension(oid, false, new Uint8Array(value));
}

const SHA384 = hex('0609 608648016503040202');

/** FWID ::= SEQUENCE { hashAlg, digest } */
export function fwid(digest: Uint8Array, algorithm: Uint8Array = SHA384): Uint8Array {
  return tlv(TAG.sequence, algorithm, tlv(TAG.octetString, digest));
}

export const COMPOSITE_DEVICE_ID = '2.23.133.5.4.1';
export const TCB_INFO = '2.23.133.5.4.1.1';

/** The extension of the device's own generation. */
export function fwidOf(device: Pick<DeviceKeys, 'generation' | 'fwid'>): Extension {
  return device.generation === 'blackwell'
    ? extension(TCB_INFO, tcbInfo([fwid(device.fwid), fwid(new Uint8Array(48))]))
    : extension(COMPOSITE_DEVICE_ID, compositeDeviceId(fwid(device.fwid)));
}

/** SEQUENCE { version, SubjectPublicKeyInfo (of whatever content here), FWID } */
export function compositeDeviceId(last: Uint8Array): Uint8Array {
  return tlv(TAG.sequence, hex('020100'), tlv(TAG.sequence, hex('0500')), last);
}

/** DiceTcbInfo with the fields that genuine leaves have. */
export function tcbInfo(fwids: readonly Uint8Array[]): Uint8Array {
  return tlv(
    TAG.sequence,
    tlv(0x80, utf8('NVIDIA')),
    tlv(0x81, utf8('GB100 A01 GSP')),
    tlv(0x82, utf8('01')),
    tlv(0x83, Uint8Array.of(0)),
    tlv(0x84, Uint8Array.of(1)),
    tlv(0x85, Uint8Array.of(0)),
    tlv(0xa6, concatBytes(...fwids)),
    tlv(0x87, hex('0000000000')),
  );
}

/** Serial numbers that two devices would not share. */
export function pdiOf(number: number, first = 0x2a): string {
  return toHex(Uint8Array.of(first, 1, 2, 3, 4, 5, number >> 8, number & 255));
}
