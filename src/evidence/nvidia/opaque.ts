import { equalBytes } from '../../core/bytes/equal.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { ByteReader } from '../../core/bytes/reader.ts';
import { utf8 } from '../../core/bytes/text.ts';
import { Fault, malformed } from '../../core/fault.ts';
import type { DeviceKind } from './input.ts';

/** The types of opaque fields, by the names that NVIDIA gives them. */
export const OPAQUE_TYPES = {
  CERT_ISSUER_NAME: 1,
  CERT_AUTHORITY_KEY_IDENTIFIER: 2,
  DRIVER_VERSION: 3,
  GPU_INFO: 4,
  SKU: 5,
  VBIOS_VERSION: 6,
  MANUFACTURER_ID: 7,
  TAMPER_DETECTION: 8,
  SMC: 9,
  VPR: 10,
  NVDEC0_STATUS: 11,
  MSRSCNT: 12,
  CPRINFO: 13,
  BOARD_ID: 14,
  CHIP_SKU: 15,
  CHIP_SKU_MOD: 16,
  PROJECT: 17,
  PROJECT_SKU: 18,
  PROJECT_SKU_MOD: 19,
  FWID: 20,
  PROTECTED_PCIE_STATUS: 21,
  /** Of a GPU: the switches at its NVLinks. Of a switch: its own. */
  SWITCH_PDI: 22,
  FLOORSWEPT_PORTS: 23,
  POSITION_ID: 24,
  LOCK_SWITCH_STATUS: 25,
  SWITCH_GPU_PDIS: 26,
  SWITCH_PORTS: 27,
  GPU_LINK_CONN: 32,
  SYS_ENABLE_STATUS: 33,
  OPAQUE_DATA_VERSION: 34,
  CHIP_INFO: 35,
  FEATURE_FLAG: 36,
} as const;

export type OpaqueName = keyof typeof OPAQUE_TYPES;

const NAMES: ReadonlyMap<number, OpaqueName> = new Map(
  Object.entries(OPAQUE_TYPES).map(([name, type]) => [type, name as OpaqueName]),
);

/** The newest layout that is known: 0 of the first Blackwell firmware, 1 since. */
export const NEWEST_OPAQUE_VERSION = 1;

/** Several times as many as there are types. */
const MOST_FIELDS = 128;

const PDI_SIZE = 8;
/** NVLinks of a GPU, with a PDI each. */
const GPU_LINKS = 18;
/** GPUs that a switch names, and ports in the map behind their PDIs. */
const SWITCH_GPUS = 8;
const SWITCH_PORTS = 64;

/** Sizes in bytes of the fields that something is made of, where a size is fixed. */
const SIZES: Readonly<Record<DeviceKind, Partial<Readonly<Record<OpaqueName, number>>>>> = {
  gpu: {
    VBIOS_VERSION: 8,
    NVDEC0_STATUS: 1,
    FWID: 48,
    PROTECTED_PCIE_STATUS: 1,
    SWITCH_PDI: GPU_LINKS * PDI_SIZE,
    OPAQUE_DATA_VERSION: 2,
    FEATURE_FLAG: 2,
  },
  switch: {
    FWID: 48,
    SWITCH_PDI: PDI_SIZE,
    SWITCH_GPU_PDIS: SWITCH_GPUS * PDI_SIZE + SWITCH_PORTS,
    OPAQUE_DATA_VERSION: 2,
  },
};

export interface OpaqueField {
  readonly type: number;
  /** Undefined for a type that this release does not know. */
  readonly name: OpaqueName | undefined;
  readonly data: Uint8Array;
}

/** The fields in the order sent, and what verification makes of them. */
export interface OpaqueData {
  readonly fields: readonly OpaqueField[];
  /** OPAQUE_DATA_VERSION; firmware before it was invented has none. */
  readonly version: number | undefined;
  /** As a person writes it, e.g. `550.90.07`. */
  readonly driverVersion: string | undefined;
  /** VBIOS, or BIOS of a switch, e.g. `96.00.9F.00.01`. */
  readonly vbiosVersion: string | undefined;
  readonly project: string | undefined;
  readonly projectSku: string | undefined;
  readonly chipSku: string | undefined;
  readonly chipInfo: string | undefined;
  readonly nvdec0Status: number | undefined;
  readonly protectedPcieStatus: number | undefined;
  readonly featureFlag: number | undefined;
  readonly fwid: Uint8Array | undefined;
  /** GPU: the switch at each of its 18 NVLinks, big-endian, zeros where there is none. */
  readonly switchPdis: readonly Uint8Array[] | undefined;
  /** Switch: its own PDI, big-endian. */
  readonly devicePdi: Uint8Array | undefined;
  /** Switch: the PDIs of eight GPUs, big-endian. */
  readonly gpuPdis: readonly Uint8Array[] | undefined;
}

const PATH = 'report.opaque';

const NEWER_MAGIC = utf8('NVDAOD');
/** Behind the magic: profile u16, then the version, major u8 and minor u8, and reserved u16. */
const NEWER_VERSION_AT = NEWER_MAGIC.length + 2;

/**
 * The name of the layout that newer drivers write, 620.1 say: it begins with a header, and each
 * field has a value type (NVIDIA attestation-sdk, `OpaqueDataParser`). It is not read here.
 *
 * @returns undefined for the one that is.
 */
export function newerLayout(bytes: Uint8Array): string | undefined {
  if (!equalBytes(bytes.subarray(0, NEWER_MAGIC.length), NEWER_MAGIC)) return undefined;
  const [major = '?', minor = '?'] = bytes.subarray(NEWER_VERSION_AT, NEWER_VERSION_AT + 2);
  return `NVDAOD ${major}.${minor}`;
}

/**
 * NVIDIA's own type-length-value list: type u16, size u16, data, little-endian. (It is not the
 * general opaque data format of SPDM 1.2.) A field may stand once only.
 *
 * @param kind what the other lengths of the report say that it is of.
 * @throws Fault `malformed` naming the field, `unsupported` for a newer layout.
 */
export function parseOpaqueData(bytes: Uint8Array, kind: DeviceKind): OpaqueData {
  const newer = newerLayout(bytes);
  if (newer) throw new Fault('unsupported', PATH, `the layout ${newer} is unsupported`);
  const fields = readFields(bytes, kind);
  const find = (name: OpaqueName) => fields.find((field) => field.name === name)?.data;
  const text = (name: OpaqueName) => {
    const data = find(name);
    return data && paddedText(data, `${PATH}.${name}`);
  };
  const vbios = find('VBIOS_VERSION');
  const pdis = find('SWITCH_PDI');
  const gpuPdis = find('SWITCH_GPU_PDIS');
  return {
    fields,
    version: u16(find('OPAQUE_DATA_VERSION')),
    driverVersion: text('DRIVER_VERSION'),
    vbiosVersion: kind === 'gpu' ? vbios && unpackVbios(vbios) : text('VBIOS_VERSION'),
    project: text('PROJECT'),
    projectSku: text('PROJECT_SKU'),
    chipSku: text('CHIP_SKU'),
    chipInfo: text('CHIP_INFO'),
    nvdec0Status: find('NVDEC0_STATUS')?.[0],
    protectedPcieStatus: find('PROTECTED_PCIE_STATUS')?.[0],
    featureFlag: u16(find('FEATURE_FLAG')),
    fwid: find('FWID'),
    // Little-endian here, big-endian in what a switch says and in certificates.
    switchPdis: kind === 'gpu' ? pdis && split(pdis).map((pdi) => pdi.toReversed()) : undefined,
    devicePdi: kind === 'switch' ? pdis : undefined,
    gpuPdis: gpuPdis && split(gpuPdis.subarray(0, SWITCH_GPUS * PDI_SIZE)),
  };
}

function readFields(bytes: Uint8Array, kind: DeviceKind): readonly OpaqueField[] {
  const r = new ByteReader(bytes, PATH);
  const seen = new Set<number>();
  const fields: OpaqueField[] = [];
  while (r.remaining > 0) {
    if (fields.length === MOST_FIELDS) throw malformed(PATH, `more than ${MOST_FIELDS} fields`);
    const type = r.u16('type');
    const size = r.u16('size');
    const name = NAMES.get(type);
    const label = name ?? `type_${type}`;
    const data = r.bytes(size, label);
    if (seen.has(type)) throw malformed(`${PATH}.${label}`, 'stands there twice');
    seen.add(type);
    const want = name && SIZES[kind][name];
    if (want !== undefined && size !== want) {
      throw malformed(`${PATH}.${label}`, `want ${want} bytes, got ${size}`);
    }
    fields.push({ type, name, data });
  }
  return fields;
}

/** Printable ASCII with NULs behind it, and nothing behind those. */
function paddedText(data: Uint8Array, path: string): string {
  let text = '';
  for (const [i, byte] of data.entries()) {
    if (byte === 0) {
      if (data.subarray(i).some((rest) => rest !== 0)) throw malformed(path, 'text behind a NUL');
      break;
    }
    if (byte < 0x21 || byte > 0x7e)
      throw malformed(path, `no text: ${toHex(data.subarray(0, 64))}`);
    text += String.fromCharCode(byte);
  }
  return text;
}

/** 8 bytes, little-endian: a fifth number in byte 4, the first four in bytes 3 to 0. */
function unpackVbios(data: Uint8Array): string {
  const hex = toHex(data).toUpperCase();
  const pair = (at: number) => hex.slice(2 * at, 2 * at + 2);
  return `${pair(3)}.${pair(2)}.${pair(1)}.${pair(0)}.${pair(4)}`;
}

function u16(data: Uint8Array | undefined): number | undefined {
  return data && (data[0] ?? 0) + 256 * (data[1] ?? 0);
}

function split(data: Uint8Array): Uint8Array[] {
  const pdis: Uint8Array[] = [];
  for (let at = 0; at < data.length; at += PDI_SIZE) pdis.push(data.subarray(at, at + PDI_SIZE));
  return pdis;
}

/** Protected PCIe, said by the feature flag or, before there was one, by a status of its own. */
export type NvidiaMode = 'spt' | 'mpt' | 'ppcie' | 'unknown';

const ENABLED = 0xaa;
const DISABLED = 0x55;

/** Driver 570 says 0xaa in PROTECTED_PCIE_STATUS and has no FEATURE_FLAG; either may speak. */
export function modeOf({ featureFlag, protectedPcieStatus: ppcie }: OpaqueData): NvidiaMode {
  if (ppcie !== undefined && ppcie !== ENABLED && ppcie !== DISABLED) return 'unknown';
  switch (featureFlag) {
    case undefined:
      return ppcie === ENABLED ? 'ppcie' : 'spt';
    case 0:
      return ppcie === ENABLED ? 'unknown' : 'spt';
    case 1:
      return ppcie === ENABLED ? 'unknown' : 'mpt';
    case 2:
      return ppcie === DISABLED ? 'unknown' : 'ppcie';
    default:
      return 'unknown';
  }
}
