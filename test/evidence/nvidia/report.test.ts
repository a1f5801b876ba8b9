import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { parseNvidiaReport, trimTrailingZeros } from '../../../src/evidence/nvidia/report.ts';
import { faultOf } from '../../support/fault-of.ts';
import {
  BLOCK_SIZE,
  blockOf,
  exchange,
  goodBlocks,
  measurement,
  NONCE,
  RECORD_AT,
  SIGNATURE_SIZE,
} from '../../support/nvidia.ts';
import { genuine, NVIDIA_VECTORS } from '../../support/nvidia-vectors.ts';
import { asView } from '../../support/view.ts';

const OPAQUE = Uint8Array.of(1, 0, 2, 0, 7, 8);
const PARTS = {
  nonce: NONCE,
  slotId: 0,
  blocks: goodBlocks(64),
  responderNonce: new Uint8Array(32).fill(0x5e),
  opaque: OPAQUE,
};
const SIGNATURE = Uint8Array.from({ length: SIGNATURE_SIZE }, (_, i) => i + 1);
const good = concatBytes(exchange(PARTS), SIGNATURE);

/** The same report with bytes at a place replaced; nothing else is made right. */
function edited(at: number, ...bytes: readonly number[]): Uint8Array {
  const out = good.slice();
  out.set(bytes, at);
  return out;
}

/** A report with this record of blocks, its length right unless said. */
function withRecord(count: number, record: Uint8Array, length = record.length): Uint8Array {
  return concatBytes(
    good.subarray(0, 41),
    Uint8Array.of(count, length & 255, (length >> 8) & 255, length >> 16),
    record,
    good.subarray(RECORD_AT + 64 * BLOCK_SIZE),
  );
}

describe.skipIf(NVIDIA_VECTORS === undefined)('genuine reports', () => {
  it.each([
    ['h100-550', 64, 422],
    ['gb100-575', 64, 426],
    ['ls10-switch', 31, 288],
    ['ppcie-8-gpu-4-switch/gpu-0', 64, 579],
    ['ppcie-8-gpu-4-switch/switch-0', 31, 292],
    ['h100-rim-on-hold', 64, 422],
  ])('%s', (folder, blocks, opaque) => {
    const { report: bytes } = genuine(folder);
    const report = parseNvidiaReport(bytes);
    expect(report.blocks).toHaveLength(blocks);
    expect(report.opaque).toHaveLength(opaque);
    expect(report.signed).toHaveLength(bytes.length - SIGNATURE_SIZE);
    expect(toHex(report.signature)).toBe(toHex(bytes.subarray(-SIGNATURE_SIZE)));
    expect(toHex(report.nonce)).toBe(toHex(bytes.subarray(4, 36)));
    // The device's own random is no answer to a challenge.
    expect(toHex(report.responderNonce)).not.toBe(toHex(report.nonce));
  });

  it('names the nonce that was sent, raw', () => {
    expect(toHex(parseNvidiaReport(genuine('h100-550').report).nonce)).toBe(
      '931d8dd0add203ac3d8b4fbde75e115278eefcdceac5b87671a748f32364dfcb',
    );
  });
});

describe('a report', () => {
  it('by its parts', () => {
    const { signed, signature, nonce, slotId, blocks, responderNonce, opaque } =
      parseNvidiaReport(good);
    expect(toHex(signed)).toBe(toHex(exchange(PARTS)));
    expect(toHex(signature)).toBe(toHex(SIGNATURE));
    expect(toHex(nonce)).toBe(toHex(NONCE));
    expect(slotId).toBe(0);
    expect(toHex(responderNonce)).toBe('5e'.repeat(32));
    expect(toHex(opaque)).toBe(toHex(OPAQUE));
    expect(blocks.map(toHex)).toEqual(PARTS.blocks.map(toHex));
  });

  it('in a larger buffer is read alike', () => {
    expect(parseNvidiaReport(asView(good))).toEqual(parseNvidiaReport(good));
  });

  it('has its blocks by their index, in whatever order they were sent', () => {
    const record = concatBytes(
      ...Array.from({ length: 64 }, (_, i) => blockOf(64 - i, measurement(63 - i))),
    );
    expect(parseNvidiaReport(withRecord(64, record)).blocks).toEqual(PARTS.blocks);
  });

  it.each([0, 1, 7])('of slot %i, which request and response both name', (slotId) => {
    const bytes = concatBytes(exchange({ ...PARTS, slotId }), SIGNATURE);
    expect(parseNvidiaReport(bytes).slotId).toBe(slotId);
  });

  it('without opaque data, and one with the most of it', () => {
    for (const size of [0, 0xffff]) {
      const bytes = concatBytes(exchange({ ...PARTS, opaque: new Uint8Array(size) }), SIGNATURE);
      expect(parseNvidiaReport(bytes).opaque).toHaveLength(size);
    }
  });
});

describe('what is no report', () => {
  it.each<[string, Uint8Array, string, string]>([
    ['nothing', new Uint8Array(), 'report.request.SPDMVersion', 'needs 1 bytes at 0x0, 0 left'],
    ['the request alone', good.subarray(0, 37), 'report.response.SPDMVersion', 'needs 1 bytes'],
    ['SPDM 1.2', edited(0, 0x12), 'report.request.SPDMVersion', 'want 0x11, got 0x12'],
    ['another request', edited(1, 0x81), 'report.request.RequestResponseCode', 'got 0x81'],
    ['no signature asked for', edited(2, 0), 'report.request.Param1', 'want 0x01, got 0x00'],
    ['one measurement asked for', edited(3, 7), 'report.request.Param2', 'want 0xff, got 0x07'],
    ['a slot that is none', edited(36, 8), 'report.request.SlotIDParam', 'want 0 to 7, got 8'],
    [
      'another version in the response',
      edited(37, 0x12),
      'report.response.SPDMVersion',
      'got 0x12',
    ],
    ['an SPDM error', edited(38, 0x7f), 'report.response.RequestResponseCode', 'got 0x7f'],
    ['a first parameter', edited(39, 1), 'report.response.Param1', 'want 0x00, got 0x01'],
    ['an answer of another slot', edited(40, 1), 'report.response.Param2', 'want 0x00, got 0x01'],
    [
      'the length of the record big-endian',
      edited(42, 0x00, 0x0d, 0xc0),
      'report.response.MeasurementRecord',
      'needs 12586240 bytes',
    ],
    [
      'a block less than it counts',
      withRecord(64, good.subarray(RECORD_AT, RECORD_AT + 63 * BLOCK_SIZE)),
      'report.response.MeasurementRecord.Index',
      'needs 1 bytes',
    ],
    [
      'a block more than it counts',
      edited(41, 63),
      'report.response.MeasurementRecord',
      '55 bytes after the last field',
    ],
    [
      'bytes behind the last block',
      withRecord(1, concatBytes(blockOf(1, measurement(0)), Uint8Array.of(0))),
      'report.response.MeasurementRecord',
      '1 bytes after the last field',
    ],
    [
      'one index twice',
      edited(RECORD_AT + BLOCK_SIZE, 1),
      'report.response.MeasurementRecord.Index',
      '1 twice',
    ],
    ['index 0', edited(RECORD_AT, 0), 'report.response.MeasurementRecord.Index', 'want 1 to 64'],
    [
      'another specification',
      edited(RECORD_AT + 1, 2),
      'report.response.MeasurementRecord[1].MeasurementSpecification',
      'want DMTF (1)',
    ],
    [
      'a block beyond its size',
      edited(RECORD_AT + 2, 0xff, 0xff),
      'report.response.MeasurementRecord[1].MeasurementSize',
      'want 51, got 65535',
    ],
    [
      'a raw bit stream',
      edited(RECORD_AT + 4, 0x81),
      'report.response.MeasurementRecord[1].DMTFSpecMeasurementValueType',
      'want a digest, got a raw bit stream',
    ],
    [
      'a value of another size',
      edited(RECORD_AT + 5, 32, 0),
      'report.response.MeasurementRecord[1].DMTFSpecMeasurementValueSize',
      'want 48, got 32',
    ],
    ['one byte less', good.subarray(0, -1), 'report.response.Signature', 'needs 96 bytes'],
    ['a NUL behind it', concatBytes(good, Uint8Array.of(0)), 'report', '1 bytes after the last'],
    ['twice the same', concatBytes(good, good), 'report', `${good.length} bytes after the last`],
    [
      'more opaque data than there is',
      edited(RECORD_AT + 64 * BLOCK_SIZE + 32, 0xff, 0xff),
      'report.response.OpaqueData',
      'needs 65535 bytes',
    ],
    ['megabytes', new Uint8Array(1 << 20), 'report', '1048576 bytes'],
  ])('%s', (_, bytes, at, detail) => {
    const fault = faultOf(() => parseNvidiaReport(bytes));
    expect(fault).toMatchObject({ code: 'malformed', at });
    expect(fault.detail).toContain(detail);
  });

  it('cut anywhere', () => {
    for (let length = 0; length < good.length; length++) {
      expect(faultOf(() => parseNvidiaReport(good.subarray(0, length))).code).toBe('malformed');
    }
  });
});

describe('an importer may trim', () => {
  const padded = (bytes: Uint8Array) => concatBytes(good, bytes);

  it.each([1, 2, 96, 4096])('%i zero bytes behind a report', (zeros) => {
    expect(toHex(trimTrailingZeros(padded(new Uint8Array(zeros))))).toBe(toHex(good));
  });

  it.each<[string, Uint8Array]>([
    ['a report as it should be', good],
    ['anything but zeros', padded(Uint8Array.of(0, 1))],
    ['a report that is cut', good.subarray(0, -1)],
    ['what is no report', new Uint8Array(500).fill(0xff)],
    ['nothing', new Uint8Array()],
    ['lengths beyond all of it', edited(42, 0xff, 0xff, 0xff)],
  ])('not %s', (_, bytes) => {
    expect(toHex(trimTrailingZeros(bytes))).toBe(toHex(bytes));
  });

  it('nothing off a signature that ends in zeros', () => {
    const zeros = concatBytes(exchange(PARTS), new Uint8Array(SIGNATURE_SIZE));
    expect(trimTrailingZeros(zeros)).toHaveLength(zeros.length);
    expect(trimTrailingZeros(concatBytes(zeros, new Uint8Array(3)))).toHaveLength(zeros.length);
  });
});
