import { toHex } from '../../core/bytes/hex.ts';
import { ByteReader } from '../../core/bytes/reader.ts';
import { Fault, malformed } from '../../core/fault.ts';
import type { DeviceKind } from './input.ts';
import {
  namesOf,
  OPAQUE_PATH,
  OPAQUE_TYPES,
  type OpaqueName,
  type OpaqueReading,
  PDI_SIZE,
  readFields,
  SWITCH_GPUS,
} from './opaque-fields.ts';
import { isVersioned, readVersioned, unreadVersion } from './opaque-v2.ts';

/** The newest version without a header: 0 of the first Blackwell firmware, 1 since. */
const NEWEST_OPAQUE_VERSION = 1;

/** The fields in the order sent, and what verification makes of them. */
export interface OpaqueData extends OpaqueReading {
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
  readonly fspUcodeSvn: number | undefined;
  /** GPU: the switch at each of its 18 NVLinks, big-endian, zeros where there is none. */
  readonly switchPdis: readonly Uint8Array[] | undefined;
  /** Switch: its own PDI, big-endian. */
  readonly devicePdi: Uint8Array | undefined;
  /** Switch: the PDIs of eight GPUs, big-endian. */
  readonly gpuPdis: readonly Uint8Array[] | undefined;
}

/**
 * The name of a layout that this release does not read: a device of tomorrow is no forgery.
 *
 * @returns undefined for those that it does, and for what is no layout at all.
 */
export function unreadLayout(bytes: Uint8Array, kind: DeviceKind): string | undefined {
  return isVersioned(bytes) ? unreadVersion(bytes, kind) : undefined;
}

/**
 * Of either layout: with a header (`opaque-v2.ts`) or, before driver 620, without.
 *
 * @param kind what the other lengths of the report say that it is of.
 * @throws Fault `malformed` naming the field, `unsupported` for an {@link unreadLayout}.
 */
export function parseOpaqueData(bytes: Uint8Array, kind: DeviceKind): OpaqueData {
  const unread = unreadLayout(bytes, kind);
  if (unread) throw new Fault('unsupported', OPAQUE_PATH, `the layout ${unread} is unsupported`);
  return meaningOf(isVersioned(bytes) ? readVersioned(bytes, kind) : readPlain(bytes, kind), kind);
}

const { FSP_UCODE_SVN: _, ...PLAIN_TYPES } = OPAQUE_TYPES;
const PLAIN_NAMES = namesOf(PLAIN_TYPES);

/**
 * NVIDIA's own type-length-value list: type u16, size u16, data, little-endian. (It is not the
 * general opaque data format of SPDM 1.2.)
 */
function readPlain(bytes: Uint8Array, kind: DeviceKind): OpaqueReading {
  const r = new ByteReader(bytes, OPAQUE_PATH);
  const fields = readFields(r, { kind, names: PLAIN_NAMES, valueType: () => undefined });
  const version = u16(fields.find(({ name }) => name === 'OPAQUE_DATA_VERSION')?.data);
  const newer = (version ?? 0) > NEWEST_OPAQUE_VERSION;
  return {
    fields,
    version,
    unsupported: newer ? `version ${version} is unsupported, only up to 1` : undefined,
    unknown: fields.flatMap(({ type, name }) => (name ? [] : [{ type, label: `${type}` }])),
  };
}

function meaningOf(read: OpaqueReading, kind: DeviceKind): OpaqueData {
  const find = (name: OpaqueName) => read.fields.find((field) => field.name === name)?.data;
  const text = (name: OpaqueName) => {
    const data = find(name);
    return data && paddedText(data, `${OPAQUE_PATH}.${name}`);
  };
  const vbios = find('VBIOS_VERSION');
  const pdis = find('SWITCH_PDI');
  const gpuPdis = find('SWITCH_GPU_PDIS');
  return {
    ...read,
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
    fspUcodeSvn: u16(find('FSP_UCODE_SVN')),
    // Little-endian here, big-endian in what a switch says and in certificates.
    switchPdis: kind === 'gpu' ? pdis && split(pdis).map((pdi) => pdi.toReversed()) : undefined,
    devicePdi: kind === 'switch' ? pdis : undefined,
    gpuPdis: gpuPdis && split(gpuPdis.subarray(0, SWITCH_GPUS * PDI_SIZE)),
  };
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
