import { equalBytes } from '../../core/bytes/equal.ts';
import { ByteReader } from '../../core/bytes/reader.ts';
import { utf8 } from '../../core/bytes/text.ts';
import type { DeviceKind } from './input.ts';
import {
  namesOf,
  OPAQUE_PATH,
  OPAQUE_TYPES,
  type OpaqueField,
  type OpaqueName,
  type OpaqueReading,
  readFields,
  type UnknownField,
} from './opaque-fields.ts';

const MAGIC = utf8('NVDAOD');
const HEADER_SIZE = 12;
const PROFILE = 0;
const MAJOR = 2;
const MINOR = 0;

/** By the magic alone, as NVIDIA says that a verifier shall tell the layouts apart. */
export function isVersioned(bytes: Uint8Array): boolean {
  return equalBytes(bytes.subarray(0, MAGIC.length), MAGIC);
}

interface Header {
  readonly profile: number;
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  readonly padding: number;
}

/**
 * | offset | size | field |
 * |---|---|---|
 * | 0 | 6 | Magic, `NVDAOD` |
 * | 6 | 2 | Profile, 0 |
 * | 8 | 1 | Major |
 * | 9 | 1 | Minor |
 * | 10 | 1 | Patch |
 * | 11 | 1 | Padding |
 */
function readHeader(r: ByteReader): Header {
  r.bytes(MAGIC.length, 'magic');
  return {
    profile: r.u16('profile'),
    major: r.u8('major'),
    minor: r.u8('minor'),
    patch: r.u8('patch'),
    padding: r.u8('padding'),
  };
}

/**
 * @returns what this release does not read: another profile or major version, something in the
 *   padding, and switches, of which NVIDIA's specification does not speak; undefined for the rest.
 */
export function unreadVersion(bytes: Uint8Array, kind: DeviceKind): string | undefined {
  // Of a header that is cut, reading says what is wrong.
  if (bytes.length < HEADER_SIZE) return undefined;
  const { profile, major, minor, padding } = readHeader(new ByteReader(bytes, OPAQUE_PATH));
  const name = `NVDAOD ${major}.${minor}`;
  if (profile !== PROFILE) return `${name} of profile ${profile}`;
  if (major !== MAJOR) return name;
  if (padding !== 0) return `${name} with the padding ${padding}`;
  return kind === 'switch' ? `${name} of a switch` : undefined;
}

/** The value type of a security version. */
export const SECURITY_VERSION = 0x87;

/**
 * The value types in which the one published report of this layout (driver 620.12, Hopper) has
 * its fields.
 */
const VALUE_TYPES: Partial<Readonly<Record<OpaqueName, number>>> = {
  DRIVER_VERSION: 0x86,
  GPU_INFO: 0x82,
  VBIOS_VERSION: 0x86,
  NVDEC0_STATUS: 0x82,
  MSRSCNT: 0x84,
  CPRINFO: 0x83,
  BOARD_ID: 0x82,
  CHIP_SKU: 0x82,
  CHIP_SKU_MOD: 0x82,
  PROJECT: 0x82,
  PROJECT_SKU: 0x82,
  PROJECT_SKU_MOD: 0x82,
  FWID: 0x01,
  PROTECTED_PCIE_STATUS: 0x85,
  OPAQUE_DATA_VERSION: 0x86,
  FEATURE_FLAG: 0x85,
  FSP_UCODE_SVN: SECURITY_VERSION,
};

const NAMES = namesOf(OPAQUE_TYPES);

/**
 * The layout that drivers write from 620, with CUDA 13.5, on: a header, and behind it to the end
 * fields of type u16, value type u16, size u16 and data, little-endian. What a field means is as
 * ever; the version is the header's, and OPAQUE_DATA_VERSION counts for nothing. (NVIDIA Opaque
 * Data Format, docs.nvidia.com/attestation/specs; attestation-sdk 2026.10.02, `OpaqueDataParser`,
 * `GpuOpaqueDataParser`, `sample_nvdaod_transcript.txt`.)
 *
 * @param bytes {@link isVersioned}, and not {@link unreadVersion}.
 * @throws Fault `malformed` naming the field.
 */
export function readVersioned(bytes: Uint8Array, kind: DeviceKind): OpaqueReading {
  const r = new ByteReader(bytes, OPAQUE_PATH);
  const { major, minor } = readHeader(r);
  const valueType = () => r.u16('value_type');
  const fields = readFields(r, { kind, names: NAMES, valueType });
  return {
    fields,
    version: major,
    unsupported:
      minor > MINOR
        ? `version ${major}.${minor} is unsupported, only up to ${MAJOR}.${MINOR}`
        : undefined,
    unknown: fields.flatMap(unknownOf),
  };
}

/** The bit that tells raw data from digests. */
const RAW = 0x80;
/** Without that bit; DSP0274 1.2 knows eight. */
const MOST_VALUE_TYPE = 7;

/**
 * A field that is known has a name, and the value type in which it was seen or, if it was not
 * seen yet, one that DSP0274 knows of measurements (DMTFSpecMeasurementValueType).
 */
function unknownOf({ type, name, valueType = 0 }: OpaqueField): UnknownField[] {
  const want = name && VALUE_TYPES[name];
  const known = want === undefined ? (valueType & ~RAW) <= MOST_VALUE_TYPE : valueType === want;
  if (name !== undefined && known) return [];
  return [{ type, label: `${type} (value type 0x${valueType.toString(16)})` }];
}
