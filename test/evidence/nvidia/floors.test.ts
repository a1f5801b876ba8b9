import { describe, expect, it } from 'vitest';
import { compareFloors, firstBelow } from '../../../src/evidence/nvidia/floors.ts';
import type { OpaqueField } from '../../../src/evidence/nvidia/opaque-fields.ts';
import { hex } from '../../support/hex.ts';

const FLOOR = { type: 37, name: 'FSP_UCODE_MIN_SVN', least: 5 };

function field(data: string, valueType = 0x87, type = 37): OpaqueField {
  return { type, name: undefined, valueType, data: hex(data) };
}

const vbios = { kind: 'vbios', manifest: { floors: [FLOOR] } } as const;

function gotOf(...fields: readonly OpaqueField[]): number | undefined {
  return compareFloors(fields, [vbios]).floors[0]?.got;
}

describe('the security version of a field', () => {
  it.each<[string, OpaqueField[], number | undefined]>([
    ['is little-endian', [field('0501')], 0x0105],
    ['is none without the field', [], undefined],
    ['is none of another field', [field('0500', 0x87, 38)], undefined],
    ['is none of a version', [field('0500', 0x86)], undefined],
    [
      'is none where there are no value types',
      [{ ...field('0500'), valueType: undefined }],
      undefined,
    ],
    ['is none in one byte', [field('05')], undefined],
    ['is none in four', [field('05000000')], undefined],
  ])('%s', (_, fields, got) => {
    expect(gotOf(...fields)).toBe(got);
  });
});

describe('a floor', () => {
  it.each<[string, OpaqueField[], boolean]>([
    ['at the version', [field('0500')], false],
    ['under it', [field('0600')], false],
    ['under it by the high byte', [field('0001')], false],
    ['above it', [field('0400')], true],
    ['and nothing', [], true],
  ])('%s', (_, fields, below) => {
    expect(firstBelow(compareFloors(fields, [vbios])) !== undefined).toBe(below);
  });

  it('of a type that has no name is held against it all the same', () => {
    const floors = [{ type: 40, name: 'FUTURE_MIN_SVN', least: 5 }];
    const driver = { kind: 'driver', manifest: { floors } } as const;
    expect(compareFloors([field('0500', 0x87, 40)], [driver])).toEqual({
      floors: [{ type: 40, name: 'FUTURE_MIN_SVN', least: 5, source: 'driver', got: 5 }],
      claimedTwice: [],
    });
  });

  it('that is not there is under everything', () => {
    const none = compareFloors([field('0000')], [{ kind: 'vbios', manifest: { floors: [] } }]);
    expect(none).toEqual({ floors: [], claimedTwice: [] });
    expect(firstBelow(none)).toBeUndefined();
  });
});

describe('two manifests', () => {
  const twice = (floor: Partial<typeof FLOOR>) =>
    compareFloors(
      [field('0900')],
      [{ kind: 'driver', manifest: { floors: [{ ...FLOOR, ...floor }] } }, vbios],
    ).claimedTwice;

  it.each([
    ['one type', { name: 'OTHER' }, ['FSP_UCODE_MIN_SVN']],
    ['one name', { type: 40 }, ['FSP_UCODE_MIN_SVN']],
    ['neither', { type: 40, name: 'OTHER' }, []],
  ])('with floors of %s', (_, floor, conflicts) => {
    expect(twice(floor)).toEqual(conflicts);
  });
});
