import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { amdSignature, encodeAmdSignature } from '../../../src/evidence/snp/amd-signature.ts';
import { hex } from '../../support/hex.ts';
import { amdForm } from '../../support/snp.ts';
import { asView } from '../../support/view.ts';

/** SP 800-186 section 3.2.1.4. */
const ORDER = hex(
  'ffffffffffffffffffffffffffffffffffffffffffffffff c7634d81f4372ddf581a0db248b0a77aecec196accc52973',
);
const ONE = new Uint8Array(48).with(47, 1);
const BELOW = ORDER.with(47, 0x72);
const RAW = Uint8Array.from({ length: 96 }, (_, i) => i + 1);

function of(r: Uint8Array, s: Uint8Array): Uint8Array {
  return amdForm(Uint8Array.of(...r, ...s));
}

describe('a signature', () => {
  it('is R and S in the other byte order', () => {
    expect(amdSignature(amdForm(RAW))).toEqual({ signature: RAW });
  });

  it('is read out of a larger buffer alike', () => {
    expect(amdSignature(asView(amdForm(RAW)))).toEqual({ signature: RAW });
  });

  it('is written as it is read', () => {
    expect(toHex(encodeAmdSignature(RAW))).toBe(toHex(amdForm(RAW)));
  });

  it.each([
    ['least', ONE],
    ['greatest', BELOW],
  ])('may be the %s there is', (_, scalar) => {
    expect(amdSignature(of(scalar, scalar))).toEqual({
      signature: Uint8Array.of(...scalar, ...scalar),
    });
  });
});

describe('out of range', () => {
  const zero = new Uint8Array(48);
  const all = new Uint8Array(48).fill(0xff);
  const want = (name: string) => `${name} from 1 to below the group order`;

  it.each([
    ['R of 0', of(zero, ONE), 'R', 'R is 0'],
    ['S of 0', of(ONE, zero), 'S', 'S is 0'],
    ['nothing at all', of(zero, zero), 'R', 'R is 0'],
    ['R of the order', of(ORDER, ONE), 'R', 'R is not below the group order'],
    ['S of the order', of(ONE, ORDER), 'S', 'S is not below the group order'],
    ['R of all ones', of(all, ONE), 'R', 'R is not below the group order'],
    ['S of all ones', of(ONE, all), 'S', 'S is not below the group order'],
  ])('%s', (_, field, name, got) => {
    expect(amdSignature(field)).toEqual({ want: want(name), got });
  });
});

describe('bytes that nobody signed', () => {
  const dirty = (at: number) => amdSignature(amdForm(RAW).with(at, 1));
  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

  it('above R are all looked at', () => {
    const found = range(48, 72).map(dirty);
    expect(new Set(found.map((one) => JSON.stringify(one)))).toEqual(
      new Set([
        JSON.stringify({ want: 'bytes 48..71 of R zero', got: 'bytes 48..71 of R not zero' }),
      ]),
    );
  });

  it('above S are all looked at', () => {
    const found = range(120, 144).map(dirty);
    expect(new Set(found.map((one) => JSON.stringify(one)))).toEqual(
      new Set([
        JSON.stringify({ want: 'bytes 48..71 of S zero', got: 'bytes 48..71 of S not zero' }),
      ]),
    );
  });

  it('behind both are all looked at', () => {
    const found = range(144, 512).map(dirty);
    expect(new Set(found.map((one) => JSON.stringify(one)))).toEqual(
      new Set([
        JSON.stringify({
          want: 'zero bytes behind R and S',
          got: 'tail behind R and S not zero',
        }),
      ]),
    );
  });
});

it.each([0, 96, 144, 511, 513])('%i bytes are none', (length) => {
  expect(amdSignature(new Uint8Array(length).fill(1))).toEqual({
    want: '512 bytes',
    got: `${length} bytes`,
  });
});
