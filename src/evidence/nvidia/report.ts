import { isZero } from '../../core/bytes/equal.ts';
import { ByteReader } from '../../core/bytes/reader.ts';
import { malformed } from '../../core/fault.ts';

/**
 * An attestation report: SPDM 1.1 GET_MEASUREMENTS request and MEASUREMENTS response (DMTF
 * DSP0274 1.1, sections 10.11.1 and 10.11.2), one behind the other. The signature covers
 * every byte before it.
 */
export interface NvidiaReport {
  /** The exact bytes under the signature: all but the last 96. */
  readonly signed: Uint8Array;
  /** What the verifier sent, raw. */
  readonly nonce: Uint8Array;
  readonly slotId: number;
  /** The blocks as they came, one behind the other. */
  readonly record: Uint8Array;
  /** Digests of 48 bytes; the block of Index i stands at i - 1. */
  readonly blocks: readonly Uint8Array[];
  /** The device's own random, which answers no challenge. */
  readonly responderNonce: Uint8Array;
  readonly opaque: Uint8Array;
  /** r ‖ s, big-endian. */
  readonly signature: Uint8Array;
}

const SPDM_VERSION = 0x11;
const GET_MEASUREMENTS = 0xe0;
const MEASUREMENTS = 0x60;
const SIGNATURE_REQUESTED = 0x01;
const ALL_MEASUREMENTS = 0xff;
const MOST_SLOT = 7;
const DMTF_SPECIFICATION = 1;
/** Of DMTFSpecMeasurementValueType: the value is no digest but the thing itself. */
const RAW_BIT_STREAM = 0x80;
const DIGEST_SIZE = 48;
const SIGNATURE_SIZE = 96;

/** Many times a GPU's 4.3 KB: opaque data is 64 KiB at the most. */
const LARGEST_REPORT = 96 * 1024;

const PATH = 'report';

/**
 * | offset | size | field |
 * |---|---|---|
 * | 0 | 1 | SPDMVersion, 0x11 |
 * | 1 | 1 | RequestResponseCode, 0xe0 |
 * | 2 | 1 | Param1: signature requested |
 * | 3 | 1 | Param2: all measurements |
 * | 4 | 32 | Nonce of the requester |
 * | 36 | 1 | SlotIDParam |
 * | 37 | 1 | SPDMVersion, 0x11 |
 * | 38 | 1 | RequestResponseCode, 0x60 |
 * | 39 | 2 | Param1 (0), Param2 (slot) |
 * | 41 | 1 | NumberOfBlocks |
 * | 42 | 3 | MeasurementRecordLength, little-endian |
 * | 45 | L1 | blocks |
 * | | 32 | Nonce of the responder |
 * | | 2 | OpaqueLength |
 * | | L2 | OpaqueData |
 * | | 96 | Signature |
 *
 * @throws Fault `malformed` naming the field, `report…`.
 */
export function parseNvidiaReport(bytes: Uint8Array): NvidiaReport {
  if (bytes.length > LARGEST_REPORT) throw malformed(PATH, `${bytes.length} bytes`);
  const r = new ByteReader(bytes, PATH);
  expectByte(r, 'request.SPDMVersion', SPDM_VERSION);
  expectByte(r, 'request.RequestResponseCode', GET_MEASUREMENTS);
  expectByte(r, 'request.Param1', SIGNATURE_REQUESTED);
  expectByte(r, 'request.Param2', ALL_MEASUREMENTS);
  const nonce = r.bytes(32, 'request.Nonce');
  const slotId = r.u8('request.SlotIDParam');
  if (slotId > MOST_SLOT)
    throw malformed(`${PATH}.request.SlotIDParam`, `want 0 to 7, got ${slotId}`);
  expectByte(r, 'response.SPDMVersion', SPDM_VERSION);
  expectByte(r, 'response.RequestResponseCode', MEASUREMENTS);
  expectByte(r, 'response.Param1', 0);
  expectByte(r, 'response.Param2', slotId);
  const count = r.u8('response.NumberOfBlocks');
  const length = u24(r, 'response.MeasurementRecordLength');
  const record = r.bytes(length, 'response.MeasurementRecord');
  const blocks = parseBlocks(record, count);
  const responderNonce = r.bytes(32, 'response.Nonce');
  const opaque = r.bytes(r.u16('response.OpaqueLength'), 'response.OpaqueData');
  const signed = bytes.subarray(0, r.offset);
  const signature = r.bytes(SIGNATURE_SIZE, 'response.Signature');
  r.end();
  return { signed, nonce, slotId, record, blocks, responderNonce, opaque, signature };
}

/**
 * For importers of evidence that somebody padded: the report without the zero bytes behind it,
 * or all of it where what is behind is no report's end or not all zero. The caller says so
 * where the length differs; a verifier takes a report as it comes.
 */
export function trimTrailingZeros(bytes: Uint8Array): Uint8Array {
  const end = lengthOf(bytes);
  return end < bytes.length && isZero(bytes.subarray(end)) ? bytes.subarray(0, end) : bytes;
}

/** The length that a report's own two lengths make; of no report, as many bytes as there are. */
function lengthOf(bytes: Uint8Array): number {
  const at = (offset: number) => bytes[offset] ?? Number.NaN;
  const record = at(42) + 256 * at(43) + 65536 * at(44);
  const behind = 45 + record + 32;
  const length = behind + 2 + at(behind) + 256 * at(behind + 1) + SIGNATURE_SIZE;
  return length <= bytes.length ? length : bytes.length;
}

/**
 * Index (1), MeasurementSpecification (1), MeasurementSize (2), then DMTFSpecMeasurementValueType
 * (1), ValueSize (2) and the value, for each block. Every index from 1 to the number of blocks
 * stands there once: with two of one index, which one would be compared?
 */
function parseBlocks(record: Uint8Array, count: number): readonly Uint8Array[] {
  const path = `${PATH}.response.MeasurementRecord`;
  const r = new ByteReader(record, path);
  const blocks: Uint8Array[] = new Array(count);
  for (let i = 0; i < count; i++) {
    const index = r.u8('Index');
    if (index < 1 || index > count) {
      throw malformed(`${path}.Index`, `want 1 to ${count}, got ${index}`);
    }
    if (blocks[index - 1] !== undefined) throw malformed(`${path}.Index`, `${index} twice`);
    const at = (field: string) => `${path}[${index}].${field}`;
    if (r.u8('MeasurementSpecification') !== DMTF_SPECIFICATION) {
      throw malformed(at('MeasurementSpecification'), 'want DMTF (1)');
    }
    const size = r.u16('MeasurementSize');
    if (size !== DIGEST_SIZE + 3) {
      throw malformed(at('MeasurementSize'), `want ${DIGEST_SIZE + 3}, got ${size}`);
    }
    const type = r.u8('DMTFSpecMeasurementValueType');
    if ((type & RAW_BIT_STREAM) !== 0) {
      throw malformed(at('DMTFSpecMeasurementValueType'), 'want a digest, got a raw bit stream');
    }
    const valueSize = r.u16('DMTFSpecMeasurementValueSize');
    if (valueSize !== DIGEST_SIZE) {
      throw malformed(at('DMTFSpecMeasurementValueSize'), `want ${DIGEST_SIZE}, got ${valueSize}`);
    }
    blocks[index - 1] = r.bytes(DIGEST_SIZE, 'DMTFSpecMeasurementValue');
  }
  r.end();
  return blocks;
}

function expectByte(r: ByteReader, field: string, want: number): void {
  const got = r.u8(field);
  if (got === want) return;
  const hex = (byte: number) => `0x${byte.toString(16).padStart(2, '0')}`;
  throw malformed(`${PATH}.${field}`, `want ${hex(want)}, got ${hex(got)}`);
}

function u24(r: ByteReader, field: string): number {
  const low = r.u16(field);
  return low + 0x10000 * r.u8(field);
}
