import { ByteWriter, concatBytes } from '../../core/bytes/writer.ts';
import { encodeOpaque, type OpaqueField, type OpaqueHeader } from './opaque.ts';

/** One measurement as it stands in the report. */
export interface MeasurementBlock {
  /** From 1. */
  index: number;
  /** MeasurementSpecification: 1 is DMTF. */
  specification: number;
  /** DMTFSpecMeasurementValueType; 1: a digest of mutable firmware. */
  type: number;
  value: Uint8Array;
}

/** The fields of a request and its response (DMTF DSP0274 1.1), their lengths left out. */
export interface NvidiaReportContent {
  /** Of GET_MEASUREMENTS: version, code, attributes, operation. */
  request: [number, number, number, number];
  /** The requester’s, 32 bytes. */
  nonce: Uint8Array;
  slotId: number;
  /** Of MEASUREMENTS: version, code, two parameters. */
  response: [number, number, number, number];
  blocks: MeasurementBlock[];
  /** The device’s own, 32 bytes. */
  responderNonce: Uint8Array;
  /** Before the opaque fields; older drivers write none. */
  opaqueHeader: OpaqueHeader | undefined;
  opaque: OpaqueField[];
}

export const SIGNATURE_SIZE = 96;
/** Where the fields stand that faults write to. */
export const AT = {
  nonce: 4,
  slotId: 36,
  numberOfBlocks: 41,
  recordLength: 42,
  record: 45,
} as const;
/** Index, specification, size, value type, value size, and 48 bytes. */
export const BLOCK_SIZE = 55;

/** Everything that is signed, in wire order. */
export function encodeExchange(content: NvidiaReportContent): Uint8Array {
  const blocks = concatBytes(...content.blocks.map(encodeBlock));
  const opaque = encodeOpaque(content.opaque, content.opaqueHeader);
  return new ByteWriter()
    .bytes(Uint8Array.from(content.request))
    .bytes(content.nonce)
    .u8(content.slotId)
    .bytes(Uint8Array.from(content.response))
    .u8(content.blocks.length)
    .u16(blocks.length & 0xffff)
    .u8(blocks.length >> 16)
    .bytes(blocks)
    .bytes(content.responderNonce)
    .u16(opaque.length)
    .bytes(opaque)
    .finish();
}

function encodeBlock({ index, specification, type, value }: MeasurementBlock): Uint8Array {
  return new ByteWriter()
    .u8(index)
    .u8(specification)
    .u16(value.length + 3)
    .u8(type)
    .u16(value.length)
    .bytes(value)
    .finish();
}

/** r ‖ s, big-endian. */
export function encodeNumbers(r: bigint, s: bigint): Uint8Array {
  return concatBytes(bigEndian(r), bigEndian(s));
}

/** The two numbers of a signature r ‖ s. */
export function numbersOf(raw: Uint8Array): readonly [r: bigint, s: bigint] {
  const half = raw.length / 2;
  return [bigEndianValue(raw.subarray(0, half)), bigEndianValue(raw.subarray(half))];
}

function bigEndian(value: bigint): Uint8Array {
  const size = SIGNATURE_SIZE / 2;
  return Uint8Array.from({ length: size }, (_, i) =>
    Number((value >> BigInt(8 * (size - 1 - i))) & 0xffn),
  );
}

function bigEndianValue(bytes: Uint8Array): bigint {
  return bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}
