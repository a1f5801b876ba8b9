import { expect, it } from 'vitest';
import { bit, bitMask, namedBits, otherBits } from '../../../src/evidence/snp/bits.ts';

const ALL = 2n ** 64n - 1n;
const POSITIONS = Array.from({ length: 64 }, (_, position) => position);

it('sees each bit of 64 for itself', () => {
  for (const position of POSITIONS) {
    const value = 1n << BigInt(position);
    expect(POSITIONS.filter((one) => bit(value, one))).toEqual([position]);
    expect(POSITIONS.filter((one) => !bit(ALL ^ value, one))).toEqual([position]);
  }
});

it('calls bits by their names', () => {
  expect(namedBits(0b1010n, { one: 1, two: 2, three: 3 })).toEqual({
    one: true,
    two: false,
    three: true,
  });
});

it('finds what is not known, the highest bit too', () => {
  expect(otherBits(ALL, bitMask(POSITIONS.slice(1, 63)))).toEqual([0, 63]);
  expect(otherBits(ALL, 0n)).toEqual(POSITIONS);
  expect(otherBits(ALL, ALL)).toEqual([]);
  expect(otherBits(0n, 0n)).toEqual([]);
});

it('makes a mask of positions, and of none the empty one', () => {
  expect(bitMask([0, 3, 63])).toBe(0x8000000000000009n);
  expect(bitMask([])).toBe(0n);
});
