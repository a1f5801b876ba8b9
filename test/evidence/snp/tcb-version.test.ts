import { describe, expect, it } from 'vitest';
import {
  asksSomething,
  type MinimumTcb,
  TCB_COMPONENTS,
  tcbShortfall,
  tcbVersion,
} from '../../../src/evidence/snp/tcb-version.ts';
import { faultOf } from '../../support/fault-of.ts';
import { hex } from '../../support/hex.ts';

const BYTES = hex('01 02 03 04 05 06 07 08');

it('Milan and Genoa have boot loader and TEE first, SNP and microcode last', () => {
  expect(Object.entries(tcbVersion(BYTES, 'milan-genoa'))).toEqual([
    ['bootLoader', 1],
    ['tee', 2],
    ['snp', 7],
    ['microcode', 8],
  ]);
});

it('Turin has the FMC before them, and SNP next to the TEE', () => {
  expect(Object.entries(tcbVersion(BYTES, 'turin'))).toEqual([
    ['fmc', 1],
    ['bootLoader', 2],
    ['tee', 3],
    ['snp', 4],
    ['microcode', 8],
  ]);
});

describe('a minimum', () => {
  const version = tcbVersion(hex('04 00 00 00 00 00 18 db'), 'milan-genoa');
  const shortOf = (minimum: MinimumTcb) => tcbShortfall(version, minimum);

  it.each<[string, MinimumTcb]>([
    ['of nothing', {}],
    ['that is met exactly', { bootLoader: 4, tee: 0, snp: 24, microcode: 219 }],
    ['that is far below', { microcode: 1 }],
  ])('%s is met', (_, minimum) => {
    expect(shortOf(minimum)).toEqual([]);
  });

  it.each(['bootLoader', 'tee', 'snp', 'microcode'] as const)(
    'one above in %s is missed there',
    (component) => {
      const got = version[component] ?? 0;
      expect(shortOf({ ...version, [component]: got + 1 })).toEqual([
        { component, want: got + 1, got },
      ]);
    },
  );

  it('is held against each component, not against one number', () => {
    // As one little-endian number the version is far above: its highest byte is the microcode.
    expect(shortOf({ bootLoader: 5, microcode: 1 })).toEqual([
      { component: 'bootLoader', want: 5, got: 4 },
    ]);
  });

  it('of what the generation does not have can’t be met', () => {
    expect(shortOf({ fmc: 0 })).toEqual([{ component: 'fmc', want: 0, got: undefined }]);
  });

  it('that is no number can’t be met', () => {
    expect(shortOf({ snp: Number.NaN })).toHaveLength(1);
  });
});

describe('what a minimum may ask', () => {
  it('is nothing, where it has no component', () => {
    expect([asksSomething(undefined), asksSomething({})]).toEqual([false, false]);
  });

  it.each(TCB_COMPONENTS)('is 0 to 255 of %s', (component) => {
    expect([0, 255].map((value) => asksSomething({ [component]: value }))).toEqual([true, true]);
    for (const value of [-1, 256, 0.5, Number.NaN, Number.POSITIVE_INFINITY, '1', null]) {
      const minimum = { [component]: value } as MinimumTcb;
      expect(faultOf(() => asksSomething(minimum))).toMatchObject({
        code: 'usage',
        at: `tcb.${component}`,
        detail: `want 0 to 255, got ${value}`,
      });
    }
  });

  it.each(['SNP', 'bootloader', 'ucode', 'spl4', '', '__proto__', 'constructor'])(
    'is no component called "%s", beside others that are',
    (name) => {
      const minimum = Object.fromEntries([
        ['snp', 1],
        [name, 1],
      ]) as MinimumTcb;
      expect(faultOf(() => asksSomething(minimum))).toMatchObject({
        code: 'usage',
        at: `tcb.${name}`,
      });
    },
  );
});
