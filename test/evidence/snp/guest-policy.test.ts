import { describe, expect, it } from 'vitest';
import { guestPolicy } from '../../../src/evidence/snp/guest-policy.ts';

/** SEV-SNP ABI specification, "Guest policy". */
const NAMES = {
  smt: 16,
  migrateMa: 18,
  debug: 19,
  singleSocket: 20,
  cxlAllow: 21,
  memAes256Xts: 22,
  raplDis: 23,
  ciphertextHidingDram: 24,
  pageSwapDisable: 25,
};
const UNKNOWN = Array.from({ length: 38 }, (_, i) => i + 26);

it.each(Object.entries(NAMES))('%s is bit %i and no other', (name, position) => {
  const { flags, unknown, bit17, abiMajor, abiMinor } = guestPolicy(1n << BigInt(position));
  const set = Object.entries(flags).filter(([, isSet]) => isSet);
  expect(set).toEqual([[name, true]]);
  expect([unknown, bit17, abiMajor, abiMinor]).toEqual([[], false, 0, 0]);
});

it('the ABI version is in the lowest two bytes', () => {
  expect(guestPolicy(0x1f37n)).toMatchObject({ abiMajor: 0x1f, abiMinor: 0x37, unknown: [] });
  expect(guestPolicy(0xffffn)).toMatchObject({ abiMajor: 255, abiMinor: 255, unknown: [] });
});

it('bit 17 is one that must be set, and has no name', () => {
  const { flags, bit17, unknown } = guestPolicy(1n << 17n);
  expect([bit17, unknown, Object.values(flags).includes(true)]).toEqual([true, [], false]);
});

describe('what no specification names', () => {
  it.each(UNKNOWN)('bit %i', (position) => {
    const { flags, unknown } = guestPolicy((1n << BigInt(position)) | 0x20000n);
    expect(unknown).toEqual([position]);
    expect(Object.values(flags)).not.toContain(true);
  });

  it('all of it', () => {
    expect(guestPolicy(2n ** 64n - 1n).unknown).toEqual(UNKNOWN);
  });
});
