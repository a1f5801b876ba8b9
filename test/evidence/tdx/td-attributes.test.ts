import { expect, it } from 'vitest';
import { refusedTdAttributeBits, tdAttribute } from '../../../src/evidence/tdx/td-attributes.ts';

function withBit(position: number): Uint8Array {
  return new Uint8Array(8).with(position >> 3, 1 << (position & 7));
}

it('allows exactly the defined bits outside the untrusted group, DEBUG being asked elsewhere', () => {
  const allowed = Array.from({ length: 64 }, (_, bit) => bit).filter(
    (bit) => refusedTdAttributeBits(withBit(bit)).length === 0,
  );
  expect(allowed).toEqual([0, 16, 27, 28, 29, 30, 31, 62, 63]);
});

it('names every refused bit', () => {
  expect(refusedTdAttributeBits(new Uint8Array(8).fill(0xff))).toHaveLength(64 - 9);
});

it('reads bits little-endian', () => {
  expect(tdAttribute(withBit(28), 'septVeDisable')).toBe(true);
  expect(tdAttribute(withBit(63), 'perfmon')).toBe(true);
  expect(tdAttribute(withBit(63), 'debug')).toBe(false);
});
