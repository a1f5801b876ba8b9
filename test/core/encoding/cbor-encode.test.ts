import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { encodeCbor } from '../../../src/core/encoding/cbor-encode.ts';
import { CborSimple, CborTag, type CborValue } from '../../../src/core/encoding/cbor-value.ts';
import { faultOf } from '../../support/fault-of.ts';
import { hex } from '../../support/hex.ts';

it('sorts keys by their encoded bytes: the example of RFC 8949 section 4.2.1', () => {
  const keys: CborValue[] = [false, [-1], [100], 'aa', 'z', -1, 100, 10];
  const map = new Map(keys.map((key) => [key, 0]));
  expect(toHex(encodeCbor(map))).toBe('a80a001864002000617a006261610081186400812000f400');
});

describe('refuses, as a bug of ours,', () => {
  it.each<[string, CborValue]>([
    ['a fraction that is not said to be a float', 1.5],
    ['NaN', Number.NaN],
    ['a number that is not exact', 2 ** 53],
    ['an integer of 65 bits', 2n ** 64n],
    ['a negative one', -(2n ** 64n) - 1n],
    ['a tag below zero', new CborTag(-1, 0)],
    ['true as a simple value', new CborSimple(21)],
    ['a simple value that is reserved', new CborSimple(24)],
    ['a simple value of more than a byte', new CborSimple(256)],
    ['half of a surrogate pair', 'a\ud800'],
    [
      'a key that stands twice',
      new Map([
        [hex('01'), 0],
        [hex('01'), 1],
      ]),
    ],
  ])('%s', (_name, value) => {
    expect(faultOf(() => encodeCbor(value)).code).toBe('internal');
  });
});
