import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { compareMeasurements, GoldenRecords } from '../../../src/evidence/nvidia/measurements.ts';
import type { RimManifest } from '../../../src/evidence/nvidia/rim/manifest.ts';
import type { RimKind } from '../../../src/evidence/nvidia/rim-id.ts';
import { goodBlocks, measurement } from '../../support/nvidia.ts';

type Row = RimManifest['measurements'][number];

const blocks = goodBlocks(64);
const other = new Uint8Array(48).fill(0xee);

function row(index: number, values = [measurement(index)], active = true): Row {
  return { index, active, name: `Measurement_${index}`, values };
}

function manifest(kind: RimKind, ...measurements: readonly Row[]) {
  const of = { tagId: '', name: '', product: 'GH100', edition: 'GPU', colloquialVersion: '' };
  return { kind, manifest: { ...of, manufacturerId: undefined, measurements } as RimManifest };
}

describe('golden comparison', () => {
  it('of what two manifests list', () => {
    const given = [manifest('driver', row(7), row(21)), manifest('vbios', row(0), row(8))];
    expect(compareMeasurements(blocks, given, 'enabled')).toEqual({
      manifests: ['driver', 'vbios'],
      golden: 4,
      compared: 4,
      skipped: [],
      mismatches: [],
      conflicts: [],
      beyond: [],
    });
  });

  it('counts from 0 where blocks count from 1: off by one is a mismatch', () => {
    const shifted = manifest('driver', row(7, [measurement(6)]), row(8, [measurement(9)]));
    const { mismatches } = compareMeasurements(blocks, [shifted], 'enabled');
    expect(mismatches.map(({ index }) => index)).toEqual([7, 8]);
  });

  it('takes any of the alternatives', () => {
    const given = manifest('driver', row(7, [other, measurement(7)]), row(8, [other, other]));
    expect(compareMeasurements(blocks, [given], 'enabled').mismatches).toEqual([
      {
        index: 8,
        name: 'Measurement_8',
        source: 'driver',
        want: [toHex(other), toHex(other)],
        got: toHex(measurement(8)),
      },
    ]);
  });

  it('names every mismatch with the manifest that wanted something else', () => {
    const given = [
      manifest('driver', row(21, [other]), row(22)),
      manifest('vbios', row(1, [other]), row(2, [other])),
    ];
    const { mismatches, compared } = compareMeasurements(blocks, given, 'enabled');
    expect(mismatches.map(({ index, source }) => [index, source])).toEqual([
      [21, 'driver'],
      [1, 'vbios'],
      [2, 'vbios'],
    ]);
    expect(compared).toBe(4);
  });

  it('is not about what is inactive, nor about what nobody lists', () => {
    const given = manifest('driver', row(7), row(8, [other], false));
    expect(compareMeasurements(blocks, [given], 'enabled')).toMatchObject({
      golden: 1,
      compared: 1,
      mismatches: [],
    });
  });

  it('finds an active index in both manifests, whatever they say of it', () => {
    const given = [manifest('driver', row(7), row(8)), manifest('vbios', row(8), row(7, [other]))];
    expect(compareMeasurements(blocks, given, 'enabled').conflicts).toEqual([8, 7]);
    const inactive = [manifest('driver', row(7)), manifest('vbios', row(7, [other], false))];
    expect(compareMeasurements(blocks, inactive, 'enabled').conflicts).toEqual([]);
  });

  it('finds active indices that the report has no block of', () => {
    const given = manifest('vbios', row(30), row(31), row(63), row(255));
    expect(compareMeasurements(blocks.slice(0, 31), [given], 'enabled')).toMatchObject({
      beyond: [31, 63, 255],
      compared: 1,
    });
  });

  it('does not take a value of another length for its beginning', () => {
    const given = manifest('driver', row(7, [measurement(7).subarray(0, 47), new Uint8Array()]));
    expect(compareMeasurements(blocks, [given], 'enabled').mismatches).toHaveLength(1);
  });
});

describe('the firmware of NVDEC0, index 35', () => {
  const given = [manifest('driver', row(34), row(35, [other]), row(36))];

  it('is not compared where NVDEC0 is off', () => {
    expect(compareMeasurements(blocks, given, 'disabled')).toMatchObject({
      golden: 3,
      compared: 2,
      skipped: [35],
      mismatches: [],
    });
  });

  it('is compared where it is on', () => {
    const { mismatches, skipped } = compareMeasurements(blocks, given, 'enabled');
    expect([mismatches.map(({ index }) => index), skipped]).toEqual([[35], []]);
  });

  it('is the only one that NVDEC0 exempts', () => {
    const wrong = [manifest('driver', row(34, [other]), row(36, [other]))];
    const { mismatches } = compareMeasurements(blocks, wrong, 'disabled');
    expect(mismatches.map(({ index }) => index)).toEqual([34, 36]);
  });
});

describe('a record that was seen before', () => {
  const record = (digests: readonly Uint8Array[]) => concatBytes(...digests);
  const given = [manifest('driver', row(7), row(35, [other])), manifest('vbios', row(0))];
  const good = { record: record(blocks), blocks, manifests: given, nvdec0: 'disabled' as const };

  it('is not compared again', () => {
    const golden = new GoldenRecords();
    const first = golden.compare(good);
    expect(first.mismatches).toEqual([]);
    expect(golden.compare({ ...good, record: record(blocks) })).toBe(first);
  });

  it('is the caller’s: what becomes of its memory changes nothing', () => {
    const golden = new GoldenRecords();
    const mine = record(blocks);
    golden.compare({ ...good, record: mine });
    const changed = blocks.with(7, other);
    mine.set(record(changed));
    expect(golden.compare({ ...good, record: mine, blocks: changed }).mismatches).toHaveLength(1);
  });

  it.each([
    {
      what: 'another record',
      change: { record: record(blocks.with(7, other)), blocks: blocks.with(7, other) },
    },
    { what: 'NVDEC0 that is on', change: { nvdec0: 'enabled' as const } },
    {
      what: 'another second manifest',
      change: { manifests: [given[0], manifest('vbios', row(0, [other]))] },
    },
    {
      what: 'another first manifest',
      change: { manifests: [manifest('driver', row(7, [other])), given[1]] },
    },
    { what: 'one manifest less', change: { manifests: [given[0]] }, mismatches: 0, compared: 1 },
  ])('says nothing of $what', ({ change, mismatches = 1, compared }) => {
    const golden = new GoldenRecords();
    golden.compare(good);
    const result = golden.compare({ ...good, ...change } as typeof good);
    expect(result.mismatches).toHaveLength(mismatches);
    if (compared !== undefined) expect(result.compared).toBe(compared);
  });

  it('that was not as it should be is compared each time', () => {
    const golden = new GoldenRecords();
    const bad = { ...good, nvdec0: 'enabled' as const };
    expect(golden.compare(bad).mismatches).toHaveLength(1);
    expect(golden.compare(bad)).not.toBe(golden.compare(bad));
  });
});
