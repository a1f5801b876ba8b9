import { utf8 } from '../../../core/bytes/text.ts';
import { OPAQUE_TYPES, type OpaqueName } from '../../../evidence/nvidia/opaque-fields.ts';
import { append, inTurn, truncate, writeU16 } from '../../damage.ts';
import type { OpaqueHeader } from '../opaque.ts';
import { AT, BLOCK_SIZE } from '../report.ts';
import { type Edit, fields, inOrder, opaque, signedOver } from './edits.ts';
import type { NvidiaFaults } from './fault.ts';

const models = ['h100-620'] as const;
const format = { models, fails: ['nvidia.opaque.format'] } as const;
const known = { models, unresolved: ['nvidia.opaque.known'] } as const;
/** Of a layout that nobody knows, nobody knows whether it is in good form. */
const unread = { models, unresolved: ['nvidia.opaque.format', 'nvidia.opaque.known'] } as const;

/** Type, in NVIDIA’s tests, of a status of the encryption of NVLinks. */
const NVLE_STATUS = 38;

export const header =
  (change: Partial<OpaqueHeader>): Edit =>
  ({ report }) => {
    if (report.opaqueHeader) Object.assign(report.opaqueHeader, change);
  };

/** The same field, said to be of something else. */
export const valueType =
  (name: OpaqueName, value: number): Edit =>
  ({ report }) => {
    report.opaque = report.opaque.map((field) =>
      field.type === OPAQUE_TYPES[name] ? { ...field, valueType: value } : field,
    );
  };

export const field =
  (type: number, value: number, data: Uint8Array): Edit =>
  ({ report }) => {
    report.opaque.push({ type, valueType: value, data });
  };

/** More opaque data than fields, of the length that it has. */
const tail = (bytes: Uint8Array): Edit =>
  signedOver((signed) => {
    const blocks = signed[AT.numberOfBlocks] ?? 0;
    const length = AT.record + BLOCK_SIZE * blocks + 32;
    const size = signed.length - length - 2 + bytes.length;
    return inTurn(append(bytes), writeU16(length, size))(signed);
  });

export const OPAQUE_VERSIONED_FAULTS = {
  nvdaod_magic_short: {
    describes: 'a header whose magic has five letters: it is none',
    ...format,
    apply: header({ magic: 'NVDAO' }),
  },
  nvdaod_header_cut: {
    describes: 'opaque data that ends within its header',
    ...format,
    apply: inOrder(header({ version: [2, 0, 0] }), fields({ opaque: [] })),
  },
  nvdaod_field_over: {
    describes: 'a field with a value type that ends behind the opaque data',
    ...format,
    apply: signedOver(writeU16(-4, 3)),
  },
  nvdaod_half_a_field: {
    describes: 'a type and a value type, and no size',
    ...format,
    apply: tail(Uint8Array.of(35, 0, 0x82, 0)),
  },
  nvdaod_trailing_byte: {
    describes: 'a zero byte behind the last field',
    ...format,
    apply: tail(Uint8Array.of(0)),
  },
  nvdaod_field_twice: {
    describes: 'two security versions: one for the floor, one that runs',
    ...format,
    apply: field(OPAQUE_TYPES.FSP_UCODE_SVN, 0x87, Uint8Array.of(9, 0)),
  },
  nvdaod_svn_four_bytes: {
    describes: 'a security version of four bytes',
    ...format,
    apply: opaque('FSP_UCODE_SVN', append(new Uint8Array(2))),
  },
  nvdaod_fwid_sha256: {
    describes: 'a firmware id of 32 bytes behind a header',
    ...format,
    apply: opaque('FWID', truncate(32)),
  },
  nvdaod_version_1: {
    describes: 'a header of a version that NVIDIA has not specified',
    ...unread,
    apply: header({ version: [1, 0, 0, 0] }),
  },
  nvdaod_version_3: {
    describes: 'a header of a major version that does not exist yet',
    ...unread,
    apply: header({ version: [3, 0, 0, 0] }),
  },
  nvdaod_version_2_1: {
    describes: 'a header of a minor version that does not exist yet',
    ...known,
    apply: header({ version: [2, 1, 0, 0] }),
  },
  nvdaod_profile_1: {
    describes: 'a header of another profile',
    ...unread,
    apply: header({ profile: 1 }),
  },
  nvdaod_padding: {
    describes: 'a header with something in its padding',
    ...unread,
    apply: header({ version: [2, 0, 0, 1] }),
  },
  nvdaod_of_a_switch: {
    describes: 'a switch that writes the header of GPUs',
    ...unread,
    models: ['ls10'],
    apply: fields({ opaqueHeader: { magic: 'NVDAOD', profile: 0, version: [2, 0, 0, 0] } }),
  },
  nvdaod_fwid_of_hardware: {
    describes: 'a firmware id said to be of hardware',
    ...known,
    apply: valueType('FWID', 0x02),
  },
  nvdaod_driver_of_no_value_type: {
    describes: 'a driver version whose value type is zero, as where there are none',
    ...known,
    apply: valueType('DRIVER_VERSION', 0),
  },
  nvdaod_value_type_unknown: {
    describes: 'a known type that was not seen yet, of a value type that SPDM does not have',
    ...known,
    apply: field(OPAQUE_TYPES.CHIP_INFO, 0x182, utf8('GH100')),
  },
  nvdaod_unknown_type: {
    describes: 'a field of a type that NVIDIA has not named, behind a header',
    ...known,
    apply: field(NVLE_STATUS, 0x85, Uint8Array.of(0xaa, 0)),
  },
} as const satisfies NvidiaFaults;
