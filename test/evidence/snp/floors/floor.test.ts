import { describe, expect, it } from 'vitest';
import { floorOf, highestFloor } from '../../../../src/evidence/snp/floors/floor.ts';
import {
  BERGAMO_SIENA,
  GENOA_B1,
  GENOA_X,
  MILAN_B1,
  MILAN_X,
  TURIN_C1,
} from '../../../../src/evidence/snp/floors/processors.ts';
import { faultOf } from '../../../support/fault-of.ts';

const UNHEARD_OF = { family: 0x19, model: 0x12, stepping: 7 };

describe('the floor of one bulletin', () => {
  it('joins what holds for the line with what holds for the processor', () => {
    expect(floorOf('AMD-SB-3019', 'genoa', GENOA_B1.cpuid)).toEqual({
      minimum: { snp: 0x17, microcode: 0x54 },
      gaps: [],
    });
    expect(floorOf('AMD-SB-3019', 'genoa', GENOA_X.cpuid).minimum).toEqual({
      snp: 0x17,
      microcode: 0x4f,
    });
    expect(floorOf('AMD-SB-3019', 'milan', MILAN_X.cpuid).minimum).toEqual({
      snp: 0x18,
      microcode: 0x44,
    });
    expect(floorOf('AMD-SB-3020', 'turin', TURIN_C1.cpuid).minimum).toEqual({
      snp: 4,
      microcode: 0x50,
    });
  });

  it('has no microcode without a processor, and says so', () => {
    expect(floorOf('AMD-SB-3019', 'genoa')).toEqual({
      minimum: { snp: 0x17 },
      gaps: ['the microcode minimum is by exact processor, and the report names none'],
    });
  });

  it('does not lend a processor the microcode of another', () => {
    expect(floorOf('AMD-SB-3027', 'genoa', BERGAMO_SIENA.cpuid)).toEqual({
      minimum: {},
      gaps: ['no microcode minimum for processor 19/a0/2 is known to this table'],
    });
    expect(floorOf('AMD-SB-3019', 'genoa', UNHEARD_OF).minimum).toEqual({ snp: 0x17 });
  });

  it('does not lend a line the floors of another', () => {
    expect(floorOf('AMD-SB-3019', 'genoa', MILAN_B1.cpuid).minimum).toEqual({ snp: 0x17 });
    expect(floorOf('AMD-SB-3019', 'turin', TURIN_C1.cpuid)).toEqual({
      minimum: {},
      gaps: ['whether AMD-SB-3019 concerns Turin is not known to this table'],
    });
  });

  it('never reads as met where the numbers are not known', () => {
    expect(floorOf('AMD-SB-3020', 'milan', MILAN_B1.cpuid)).toEqual({
      minimum: {},
      gaps: ['no minimum TCB for Milan is known to this table'],
    });
  });

  it('asks nothing once it is withdrawn, and says what it was', () => {
    const { minimum, gaps } = floorOf('AMD-SB-3034', 'genoa', GENOA_B1.cpuid);
    expect(minimum).toEqual({});
    expect(gaps).toEqual([
      expect.stringMatching(
        /^AMD withdrew the minimum TCB of AMD-SB-3034 on 2026-09-24 \(Genoa until then: snp 0x1c\)/,
      ),
    ]);
  });

  it('refuses a bulletin that the table does not have', () => {
    const { code, at, detail } = faultOf(() => floorOf('AMD-SB-3091', 'genoa'));
    expect({ code, at }).toEqual({ code: 'usage', at: 'floors' });
    expect(detail).toContain('"AMD-SB-3091"');
  });
});

describe('the highest floor', () => {
  it.each([
    ['milan', undefined, { bootLoader: 3, snp: 0x1d }],
    ['milan', MILAN_B1, { bootLoader: 3, snp: 0x1d, microcode: 0xdb }],
    ['milan', MILAN_X, { bootLoader: 3, snp: 0x1d, microcode: 0x44 }],
    // 0x1c of AMD-SB-3034 was withdrawn.
    ['genoa', undefined, { snp: 0x1b }],
    ['genoa', GENOA_B1, { snp: 0x1b, microcode: 0x56 }],
    ['genoa', GENOA_X, { snp: 0x1b, microcode: 0x51 }],
    ['genoa', BERGAMO_SIENA, { snp: 0x1b, microcode: 0x19 }],
    ['turin', undefined, { snp: 4 }],
    ['turin', TURIN_C1, { snp: 4, microcode: 0x51 }],
  ] as const)('of %s', (line, processor, minimum) => {
    expect(highestFloor(line, processor?.cpuid)).toEqual(minimum);
  });
});
