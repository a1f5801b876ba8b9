import type { ByteReader } from '../../core/bytes/reader.ts';
import { malformed } from '../../core/fault.ts';
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
  /** With a header only. Security version of the FSP's microcode; a manifest may have a floor. */
  FSP_UCODE_SVN: 37,
} as const;

export type OpaqueName = keyof typeof OPAQUE_TYPES;

/** Several times as many as there are types. */
const MOST_FIELDS = 128;

export const PDI_SIZE = 8;
/** NVLinks of a GPU, with a PDI each. */
const GPU_LINKS = 18;
/** GPUs that a switch names, and ports in the map behind their PDIs. */
export const SWITCH_GPUS = 8;
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
    FSP_UCODE_SVN: 2,
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
  /** What the value is of; undefined in the layout that does not say. */
  readonly valueType: number | undefined;
  readonly data: Uint8Array;
}

/** A field of which something is not known: what its type means, or its type of value. */
export interface UnknownField {
  readonly type: number;
  /** The type, and what else is odd about it. */
  readonly label: string;
}

/** What opaque data says of itself, before anybody asks what a field means. */
export interface OpaqueReading {
  readonly fields: readonly OpaqueField[];
  /** OPAQUE_DATA_VERSION, or the header's; firmware before either was invented has none. */
  readonly version: number | undefined;
  /** Why the version is one that this release does not know. */
  readonly unsupported: string | undefined;
  readonly unknown: readonly UnknownField[];
}

/** What sets the fields of one layout apart from those of the other. */
export interface FieldLayout {
  readonly kind: DeviceKind;
  /** The names of the types. */
  readonly names: ReadonlyMap<number, OpaqueName>;
  /** Reads what stands between the type of a field and its size. */
  readonly valueType: (r: ByteReader) => number | undefined;
}

export const OPAQUE_PATH = 'report.opaque';

export function namesOf(
  types: Partial<Readonly<Record<OpaqueName, number>>>,
): ReadonlyMap<number, OpaqueName> {
  return new Map(Object.entries(types).map(([name, type]) => [type, name as OpaqueName]));
}

/**
 * All fields from here to the end. A field may stand once only.
 *
 * @throws Fault `malformed` naming the field.
 */
export function readFields(
  r: ByteReader,
  { kind, names, valueType: read }: FieldLayout,
): readonly OpaqueField[] {
  const seen = new Set<number>();
  const fields: OpaqueField[] = [];
  while (r.remaining > 0) {
    if (fields.length === MOST_FIELDS) {
      throw malformed(OPAQUE_PATH, `more than ${MOST_FIELDS} fields`);
    }
    const type = r.u16('type');
    const valueType = read(r);
    const size = r.u16('size');
    const name = names.get(type);
    const label = name ?? `type_${type}`;
    const data = r.bytes(size, label);
    if (seen.has(type)) throw malformed(`${OPAQUE_PATH}.${label}`, 'stands there twice');
    seen.add(type);
    const want = name && SIZES[kind][name];
    if (want !== undefined && size !== want) {
      throw malformed(`${OPAQUE_PATH}.${label}`, `want ${want} bytes, got ${size}`);
    }
    fields.push({ type, name, valueType, data });
  }
  return fields;
}
