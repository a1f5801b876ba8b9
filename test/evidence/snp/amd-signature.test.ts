import { describe, expect, it } from 'vitest';
import { isMismatch } from '../../../src/core/mismatch.ts';
import { amdSignature, encodeAmdSignature } from '../../../src/evidence/snp/amd-signature.ts';
import { hex } from '../../support/hex.ts';
import { asView } from '../../support/view.ts';

const ORDER = hex(
  'ffffffffffffffffffffffffffffffffffffffffffffffff c7634d81f4372ddf581a0db248b0a77aecec196accc52973',
);
const ONE = new Uint8Array(48).with(47, 1);

const r = Uint8Array.from({ length: 48 }, (_, i) => i + 1);
const s = Uint8Array.from({ length: 48 }, (_, i) => 0x80 + i);
const good = encodeAmdSignature(Uint8Array.of(...r, ...s));

it('turns both numbers round, and back', () => {
  expect(good).toHaveLength(512);
  expect([good[0], good[47], good[72], good[119]]).toEqual([48, 1, 0x80 + 47, 0x80]);
  expect(amdSignature(good)).toEqual({ signature: Uint8Array.of(...r, ...s) });
});

it('reads the same out of a larger buffer, and leaves it as it was', () => {
  const view = asView(good);
  expect(amdSignature(view)).toEqual(amdSignature(good));
  expect(view).toEqual(good);
});

it('takes the extremes of the range, a high S among them', () => {
  const most = ORDER.with(47, (ORDER[47] ?? 0) - 1);
  for (const number of [ONE, most]) {
    const signature = Uint8Array.of(...number, ...number);
    expect(amdSignature(encodeAmdSignature(signature))).toEqual({ signature });
  }
});

describe('names the first problem of', () => {
  const pair = (first: Uint8Array, second: Uint8Array) =>
    encodeAmdSignature(Uint8Array.of(...first, ...second));
  const zero = new Uint8Array(48);
  it.each([
    { name: 'one byte short', field: good.subarray(0, 511), got: '511 bytes' },
    { name: 'one byte long', field: Uint8Array.of(...good, 0), got: '513 bytes' },
    { name: 'R byte 48', field: good.with(48, 1), got: 'bytes 48..71 of R not zero' },
    { name: 'R byte 71', field: good.with(71, 1), got: 'bytes 48..71 of R not zero' },
    { name: 'S byte 48', field: good.with(120, 1), got: 'bytes 48..71 of S not zero' },
    { name: 'S byte 71', field: good.with(143, 1), got: 'bytes 48..71 of S not zero' },
    {
      name: 'the first byte of the tail',
      field: good.with(144, 1),
      got: 'tail behind R and S not zero',
    },
    {
      name: 'the last byte of the tail',
      field: good.with(511, 1),
      got: 'tail behind R and S not zero',
    },
    { name: 'R 0', field: pair(zero, s), got: 'R is 0' },
    { name: 'S 0', field: pair(r, zero), got: 'S is 0' },
    { name: 'R the order', field: pair(ORDER, s), got: 'R is not below the group order' },
    { name: 'S the order', field: pair(r, ORDER), got: 'S is not below the group order' },
    { name: 'all zero', field: new Uint8Array(512), got: 'R is 0' },
  ])('$name', ({ field, got }) => {
    const answer = amdSignature(field);
    expect(isMismatch(answer)).toBe(true);
    expect(answer).toMatchObject({ got });
  });
});
