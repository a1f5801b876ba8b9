import { KeyObject, sign } from 'node:crypto';
import { utf8 } from '../../src/core/bytes/text.ts';
import { ByteWriter, concatBytes } from '../../src/core/bytes/writer.ts';
import { OPAQUE_TYPES, type OpaqueName } from '../../src/evidence/nvidia/opaque-fields.ts';
import { hex } from './hex.ts';
import type { DeviceKeys } from './nvidia-certificates.ts';
import type { Party } from './pki.ts';

/** What a verifier asked with. */
export const NONCE = Uint8Array.from({ length: 32 }, (_, i) => 0xc0 + i);

export const SIGNATURE_SIZE = 96;
export const BLOCK_SIZE = 55;
/** Where the first block of a report begins. */
export const RECORD_AT = 45;

/** A field by name or, for types that nobody knows, by number; in the order sent. */
export type OpaqueFields = readonly (readonly [OpaqueName | number, Uint8Array])[];

/** Type and size, both u16 little-endian, and the data of each. */
export function opaqueOf(fields: OpaqueFields): Uint8Array {
  const w = new ByteWriter();
  for (const [name, data] of fields) {
    w.u16(typeof name === 'number' ? name : OPAQUE_TYPES[name])
      .u16(data.length)
      .bytes(data);
  }
  return w.finish();
}

/** Text with a NUL behind it, as most fields have it. */
export function text(value: string, size = value.length + 1): Uint8Array {
  return concatBytes(utf8(value), new Uint8Array(size - value.length));
}

/** What a test says of an exchange; lengths are made right, and can be damaged afterwards. */
export interface ReportParts {
  readonly nonce: Uint8Array;
  readonly slotId: number;
  readonly blocks: readonly Uint8Array[];
  readonly responderNonce: Uint8Array;
  readonly opaque: Uint8Array;
}

/** Block of Index `index`, DMTF digest of 48 bytes. */
export function blockOf(index: number, value: Uint8Array): Uint8Array {
  return new ByteWriter()
    .u8(index)
    .u8(1)
    .u16(value.length + 3)
    .u8(1)
    .u16(value.length)
    .bytes(value)
    .finish();
}

/** Request and response without the signature. */
export function exchange({ nonce, slotId, blocks, responderNonce, opaque }: ReportParts) {
  const record = concatBytes(...blocks.map((value, i) => blockOf(i + 1, value)));
  return new ByteWriter()
    .bytes(hex('11e001ff'))
    .bytes(nonce)
    .u8(slotId)
    .bytes(hex('116000'))
    .u8(slotId)
    .u8(blocks.length)
    .u16(record.length & 0xffff)
    .u8(record.length >> 16)
    .bytes(record)
    .bytes(responderNonce)
    .u16(opaque.length)
    .bytes(opaque)
    .finish();
}

/** Whatever bytes, and a leaf's signature behind them. */
function signed(bytes: Uint8Array, { keys }: Party): Uint8Array {
  const key = KeyObject.from(keys.privateKey);
  return concatBytes(bytes, sign('sha384', bytes, { key, dsaEncoding: 'ieee-p1363' }));
}

/** The measurement at an index as manifests count, which is one less than blocks do. */
export function measurement(index: number): Uint8Array {
  return new Uint8Array(48).fill(index + 1);
}

const BLOCKS = { gpu: 64, switch: 31 } as const;

/** Blocks of a device in good order: each its own value. */
export function goodBlocks(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => measurement(i));
}

const GPU_COUNTERS: OpaqueFields = [
  ['GPU_INFO', hex('8001000000000000')],
  ['MSRSCNT', new Uint8Array(256)],
  ['CPRINFO', hex('00c00100')],
];

const HOPPER: OpaqueFields = [
  ['PROTECTED_PCIE_STATUS', hex('55')],
  ['OPAQUE_DATA_VERSION', hex('0100')],
];
const BLACKWELL: OpaqueFields = [
  ['SYS_ENABLE_STATUS', hex('0707')],
  ['OPAQUE_DATA_VERSION', hex('0100')],
  ['CHIP_INFO', text('GB100')],
];

/** The opaque fields of a good device of each generation, in the order that it sends them. */
export function goodFields({ generation, fwid, pdi }: DeviceKeys): OpaqueFields {
  if (generation === 'switch') {
    return [
      ['VBIOS_VERSION', utf8('96.10.55.00.01')],
      ['SWITCH_PDI', hex(pdi)],
      ['MSRSCNT', new Uint8Array(104)],
      ['SWITCH_GPU_PDIS', concatBytes(new Uint8Array(64), new Uint8Array(64).fill(0xff))],
      ['FLOORSWEPT_PORTS', hex('ec00')],
      ['POSITION_ID', hex('0200')],
      ['LOCK_SWITCH_STATUS', hex('0100')],
    ];
  }
  const blackwell = generation === 'blackwell';
  return [
    ['VBIOS_VERSION', hex(blackwell ? '00d9009735000000' : '009f009601000000')],
    ['BOARD_ID', hex('b1030000')],
    ['CHIP_SKU', text(blackwell ? '886' : '882', 9)],
    ['CHIP_SKU_MOD', text('0', 5)],
    ['PROJECT', text(blackwell ? 'G525' : '1010')],
    ['PROJECT_SKU', text(blackwell ? '0220' : '0200')],
    ['PROJECT_SKU_MOD', hex('0000')],
    ['DRIVER_VERSION', text(blackwell ? '590.48.01' : '550.90.07')],
    ...GPU_COUNTERS,
    ['NVDEC0_STATUS', hex('aa')],
    ['FWID', fwid],
    ...(blackwell ? BLACKWELL : HOPPER),
    ['FEATURE_FLAG', hex('0000')],
  ];
}

/** The same fields, some with other data; `undefined` leaves one out, a new one comes last. */
export function withFields(
  fields: OpaqueFields,
  changes: Readonly<Partial<Record<OpaqueName, Uint8Array | undefined>>>,
): OpaqueFields {
  const names = fields.map(([name]) => name);
  const kept = fields.flatMap(([name, data]) => {
    if (typeof name === 'number' || !(name in changes)) return [[name, data] as const];
    const changed = changes[name];
    return changed ? [[name, changed] as const] : [];
  });
  const added = Object.entries(changes) as [OpaqueName, Uint8Array | undefined][];
  return [
    ...kept,
    ...added.flatMap(([name, data]) =>
      data && !names.includes(name) ? [[name, data] as const] : [],
    ),
  ];
}

/** What a test changes about a good device's report. */
export interface ReportWishes extends Partial<ReportParts> {
  readonly fields?: OpaqueFields;
  /** Damage done before signing. */
  readonly change?: (bytes: Uint8Array) => Uint8Array;
  readonly signer?: Party;
}

/** A report that this device signed. */
export function reportOf(device: DeviceKeys, wishes: ReportWishes = {}): Uint8Array {
  const { fields = goodFields(device), change = (bytes) => bytes, signer = device.leaf } = wishes;
  const count = device.generation === 'switch' ? BLOCKS.switch : BLOCKS.gpu;
  const bytes = exchange({
    nonce: NONCE,
    slotId: 0,
    blocks: goodBlocks(count),
    responderNonce: new Uint8Array(32).fill(0x5e),
    opaque: opaqueOf(fields),
    ...wishes,
  });
  return signed(change(bytes), signer);
}
