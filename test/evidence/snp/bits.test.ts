import { expect, it } from 'vitest';
import { bit, namedBits, otherBits } from '../../../src/evidence/snp/bits.ts';

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
  expect(otherBits(ALL, new Set(POSITIONS.slice(1, 63)))).toEqual([0, 63]);
  expect(otherBits(0n, new Set())).toEqual([]);
});
