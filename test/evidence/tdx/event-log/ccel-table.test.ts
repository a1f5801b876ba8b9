import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../../src/core/bytes/hex.ts';
import { parseCcelTable } from '../../../../src/evidence/tdx/event-log/ccel-table.ts';
import { faultOf } from '../../../support/fault-of.ts';
import { damaged, fuzz, orRefused } from '../../../support/fuzz.ts';
import { hex } from '../../../support/hex.ts';
import { vectorsFolder } from '../../../support/vectors.ts';
import { asView } from '../../../support/view.ts';

/** Sums to zero with 0x69 as checksum; a test that edits a byte mends the sum or means not to. */
const good = hex(
  '4343454c 38000000 01 69 494e54454c20 45444b3220202020 02000000 20202020 13000001' +
    '02 00 0000 0000040000000000 00f0dbbe00000000',
);

function edit(at: number, value: number): Uint8Array {
  return good.with(at, value).with(9, ((good[9] ?? 0) + (good[at] ?? 0) - value) & 0xff);
}

it('reads every field', () => {
  const table = parseCcelTable(good);
  expect(table).toMatchObject({
    revision: 1,
    oemRevision: 2,
    creatorRevision: 0x01000013,
    ccSubtype: 0,
    logAreaMinimumLength: 0x40000n,
    logAreaStartAddress: 0xbedbf000n,
  });
  expect(toHex(table.oemId)).toBe('494e54454c20');
  expect(toHex(table.oemTableId)).toBe('45444b3220202020');
  expect(toHex(table.creatorId)).toBe('20202020');
});

it('reads the same out of a larger buffer', () => {
  expect(parseCcelTable(asView(good))).toEqual(parseCcelTable(good));
});

describe('refuses', () => {
  it.each([
    { name: 'nothing', bytes: new Uint8Array(), at: 'ccel.signature' },
    { name: 'another table', bytes: edit(0, 0x44), at: 'ccel.signature' },
    { name: 'a length beyond the table', bytes: edit(4, 57), at: 'ccel.length' },
    { name: 'SEV as type', bytes: edit(36, 1), at: 'ccel.cc_type' },
    { name: 'a reserved byte that is set', bytes: edit(39, 1), at: 'ccel.reserved' },
    { name: 'one byte short', bytes: good.subarray(0, 55), at: 'ccel.lasa' },
    { name: 'one byte long', bytes: Uint8Array.of(...good, 0), at: 'ccel' },
    { name: 'a flipped bit under the old checksum', bytes: good.with(48, 1), at: 'ccel.checksum' },
  ])('$name', ({ bytes, at }) => {
    expect(faultOf(() => parseCcelTable(bytes))).toMatchObject({ code: 'malformed', at });
  });
});

fuzz('refuses damage with a Fault', damaged(good), (bytes) => {
  orRefused(() => parseCcelTable(bytes));
});

const vectors = vectorsFolder('tdx');
it.skipIf(vectors === undefined)('reads the table of a Google VM', () => {
  const folder = join(vectors ?? '', 'real/gcp-cos-113');
  const table = parseCcelTable(readFileSync(join(folder, 'ccel-acpi-table.bin')));
  expect(table.logAreaMinimumLength).toBe(BigInt(readFileSync(join(folder, 'ccel.bin')).length));
});
