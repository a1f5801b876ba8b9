import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Fault } from '../../../src/core/fault.ts';
import { ChunkMarks } from '../../../src/gateway/broker/chunk-marks.ts';
import { readSealedHead } from '../../../src/gateway/broker/head.ts';
import { Tape, TapeBudget } from '../../../src/gateway/broker/tape.ts';
import { varint } from '../../../src/sealed/varint.ts';

const lengths = fc.array(fc.integer({ min: 1, max: 20_000 }), { maxLength: 12 });

/** A sealed answer, and where its chunks begin. */
function answerOf(sizes: readonly number[]) {
  const parts: Uint8Array[] = [Buffer.alloc(32, 0xaa)];
  const starts: number[] = [];
  let at = 32;
  for (const size of [...sizes, 0]) {
    starts.push(at);
    const part = Buffer.concat([varint(size), Buffer.alloc(size === 0 ? 40 : size, 0x11)]);
    parts.push(part);
    at += part.length;
  }
  starts[0] = 0;
  return { bytes: Buffer.concat(parts), starts };
}

/** Cut at any places. */
function* pieces(bytes: Buffer, cuts: readonly number[]): Generator<Buffer> {
  const at = [
    0,
    ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b),
    bytes.length,
  ];
  for (const [i, from] of at.slice(0, -1).entries()) yield bytes.subarray(from, at[i + 1]);
}

it('chunks are found wherever the bytes were cut', () => {
  fc.assert(
    fc.property(lengths, fc.array(fc.nat(), { maxLength: 30 }), (sizes, cuts) => {
      const { bytes, starts } = answerOf(sizes);
      const marks = new ChunkMarks(32);
      for (const piece of pieces(bytes, cuts)) marks.feed(piece);
      expect(starts.map((_, i) => marks.startOf(i))).toEqual(starts);
      expect(marks.startOf(starts.length)).toBeUndefined();
    }),
    { numRuns: 50 },
  );
});

it('any bytes are taken, and no chunk begins beyond them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
      const marks = new ChunkMarks(16);
      marks.feed(bytes);
      for (let n = 0; n < 500; n++) expect(marks.startOf(n) ?? 0).toBeLessThanOrEqual(bytes.length);
    }),
  );
});

it('a head is read of any bytes, or refused by a fault', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      try {
        const head = readSealedHead(bytes);
        if (head) expect(head.session).toMatch(/^[0-9a-f]{64}$/);
      } catch (error) {
        expect(error).toBeInstanceOf(Fault);
      }
    }),
  );
});

it('a tape gives each byte once and in order, and again from where it is rewound to', () => {
  fc.assert(
    fc.property(lengths, fc.array(fc.nat(), { maxLength: 20 }), fc.nat(), (sizes, cuts, pick) => {
      const { bytes, starts } = answerOf(sizes);
      const budget = new TapeBudget(10 ** 9);
      const tape = new Tape(budget, 10 ** 9, 32);
      const out: Uint8Array[] = [];
      for (const [i, piece] of [...pieces(bytes, cuts)].entries()) {
        tape.append(piece);
        if (i % 2 === 0) for (let part = tape.next(); part; part = tape.next()) out.push(part);
      }
      for (let part = tape.next(); part; part = tape.next()) out.push(part);
      expect(Buffer.concat(out).equals(bytes)).toBe(true);
      const chunk = pick % starts.length;
      expect(tape.rewindTo(chunk)).toBe(true);
      const again: Uint8Array[] = [];
      for (let part = tape.next(); part; part = tape.next()) again.push(part);
      expect(Buffer.concat(again).equals(bytes.subarray(starts[chunk]))).toBe(true);
      expect(budget.used).toBe(bytes.length);
      tape.drop();
      expect([budget.used, tape.rewindTo(0)]).toEqual([0, false]);
    }),
    { numRuns: 50 },
  );
});

it('a tape keeps no more of what was sent than it may, and all that was not', () => {
  const tape = new Tape(new TapeBudget(10 ** 6), 100, 32);
  const { bytes } = answerOf(Array.from({ length: 50 }, () => 30));
  for (const piece of pieces(
    bytes,
    Array.from({ length: 52 }, (_, i) => i * 31),
  ))
    tape.append(piece);
  expect(tape.unsent).toBe(bytes.length);
  expect(tape.keeps(0)).toBe(true);
  while (tape.next() !== undefined);
  expect(tape.keeps(0)).toBe(false);
  expect(tape.keeps(50)).toBe(true);
});
