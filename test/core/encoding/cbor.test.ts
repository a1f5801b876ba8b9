import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { decodeCbor } from '../../../src/core/encoding/cbor.ts';
import { encodeCbor } from '../../../src/core/encoding/cbor-encode.ts';
import {
  CborFloat,
  CborSimple,
  CborTag,
  type CborValue,
} from '../../../src/core/encoding/cbor-value.ts';
import { faultOf } from '../../support/fault-of.ts';
import { hex } from '../../support/hex.ts';
import { asView } from '../../support/view.ts';

const decode = (text: string) => decodeCbor(hex(text), 'thing');
const float = (value: number) => new CborFloat(value);
const map = (...entries: readonly (readonly [CborValue, CborValue])[]) => new Map(entries);

/** RFC 8949 appendix A, what is in preferred serialization with definite lengths. */
const APPENDIX_A: readonly (readonly [string, CborValue])[] = [
  ['00', 0],
  ['01', 1],
  ['0a', 10],
  ['17', 23],
  ['1818', 24],
  ['1819', 25],
  ['1864', 100],
  ['1903e8', 1000],
  ['1a000f4240', 1_000_000],
  ['1b000000e8d4a51000', 1_000_000_000_000],
  ['1bffffffffffffffff', 18_446_744_073_709_551_615n],
  ['c249010000000000000000', new CborTag(2, hex('010000000000000000'))],
  ['3bffffffffffffffff', -18_446_744_073_709_551_616n],
  ['c349010000000000000000', new CborTag(3, hex('010000000000000000'))],
  ['20', -1],
  ['29', -10],
  ['3863', -100],
  ['3903e7', -1000],
  ['f90000', float(0)],
  ['f98000', float(-0)],
  ['f93c00', float(1)],
  ['fb3ff199999999999a', float(1.1)],
  ['f93e00', float(1.5)],
  ['f97bff', float(65504)],
  ['fa47c35000', float(100_000)],
  ['fa7f7fffff', float((2 - 2 ** -23) * 2 ** 127)],
  ['fb7e37e43c8800759c', float(1e300)],
  ['f90001', float(2 ** -24)],
  ['f90400', float(2 ** -14)],
  ['f9c400', float(-4)],
  ['fbc010666666666666', float(-4.1)],
  ['f97c00', float(Number.POSITIVE_INFINITY)],
  ['f97e00', float(Number.NaN)],
  ['f9fc00', float(Number.NEGATIVE_INFINITY)],
  ['f4', false],
  ['f5', true],
  ['f6', null],
  ['f7', new CborSimple(23)],
  ['f0', new CborSimple(16)],
  ['f8ff', new CborSimple(255)],
  ['c074323031332d30332d32315432303a30343a30305a', new CborTag(0, '2013-03-21T20:04:00Z')],
  ['c11a514b67b0', new CborTag(1, 1_363_896_240)],
  ['c1fb41d452d9ec200000', new CborTag(1, float(1_363_896_240.5))],
  ['d74401020304', new CborTag(23, hex('01020304'))],
  ['d818456449455446', new CborTag(24, hex('6449455446'))],
  ['d82076687474703a2f2f7777772e6578616d706c652e636f6d', new CborTag(32, 'http://www.example.com')],
  ['40', hex('')],
  ['4401020304', hex('01020304')],
  ['60', ''],
  ['6161', 'a'],
  ['6449455446', 'IETF'],
  ['62225c', '"\\'],
  ['62c3bc', 'ü'],
  ['63e6b0b4', '水'],
  ['64f0908591', '\u{10151}'],
  ['80', []],
  ['83010203', [1, 2, 3]],
  ['8301820203820405', [1, [2, 3], [4, 5]]],
  [
    '98190102030405060708090a0b0c0d0e0f101112131415161718181819',
    Array.from({ length: 25 }, (_, i) => i + 1),
  ],
  ['a0', map()],
  ['a201020304', map([1, 2], [3, 4])],
  ['a26161016162820203', map(['a', 1], ['b', [2, 3]])],
  ['826161a161626163', ['a', map(['b', 'c'])]],
  [
    'a56161614161626142616361436164614461656145',
    map(...[...'abcde'].map((c) => [c, c.toUpperCase()] as const)),
  ],
];

describe('RFC 8949 appendix A', () => {
  it.each(APPENDIX_A)('%s', (text, value) => {
    expect(decode(text)).toEqual(value);
    expect(decodeCbor(asView(hex(text)), 'thing')).toEqual(value);
    expect(encodeCbor(value)).toEqual(hex(text));
  });
});

it('keeps apart a float and the integer of the same value, and minus zero', () => {
  expect(decode('f93c00')).not.toEqual(1);
  expect(Object.is((decode('f98000') as CborFloat).value, -0)).toBe(true);
});

it('has bigints from where numbers are no longer exact', () => {
  expect(decode('1b001fffffffffffff')).toBe(Number.MAX_SAFE_INTEGER);
  expect(decode('1b0020000000000000')).toBe(2n ** 53n);
  expect(decode('3b001ffffffffffffe')).toBe(Number.MIN_SAFE_INTEGER);
  expect(decode('3b001fffffffffffff')).toBe(-(2n ** 53n));
});

describe('what is not in preferred serialization is refused', () => {
  it.each([
    ['23 in two bytes', '1817', 'head is longer'],
    ['255 in three bytes', '1900ff', 'head is longer'],
    ['65535 in five bytes', '1a0000ffff', 'head is longer'],
    ['2^32 - 1 in nine bytes', '1b00000000ffffffff', 'head is longer'],
    ['a length of text', '780161', 'head is longer'],
    ['a length of bytes', '580100', 'head is longer'],
    ['the size of an array', '980101', 'head is longer'],
    ['the size of a map', 'b8010102', 'head is longer'],
    ['the number of a tag', 'd81700', 'head is longer'],
    ['1.5 in single precision', 'fa3fc00000', 'float is not in its shortest form'],
    ['100000 in double precision', 'fb40f86a0000000000', 'float is not in its shortest form'],
    ['infinity in single precision', 'fa7f800000', 'float is not in its shortest form'],
    ['NaN in double precision', 'fb7ff8000000000000', 'float is not in its shortest form'],
    ['another NaN', 'f97e01', 'float is not in its shortest form'],
    ['a NaN with a sign', 'f9fe00', 'float is not in its shortest form'],
    ['false as a simple value of two bytes', 'f814', 'simple value is longer'],
    ['simple value 31', 'f81f', 'simple value is longer'],
    ['bytes of indefinite length', '5f42010243030405ff', 'indefinite length'],
    ['text of indefinite length', '7f657374726561646d696e67ff', 'indefinite length'],
    ['an array of indefinite length', '9fff', 'indefinite length'],
    ['a map of indefinite length', 'bf6161019fff', 'indefinite length'],
  ])('%s', (_name, text, detail) => {
    const fault = faultOf(() => decode(text));
    expect([fault.code, fault.detail]).toEqual(['malformed', expect.stringContaining(detail)]);
  });
});

describe('what is not well formed is refused', () => {
  it.each([
    ['nothing', '', 'needs 1 bytes, 0 left'],
    ['half a head', '19', 'needs 2 bytes'],
    ['bytes cut short', '4401', 'needs 4 bytes, 1 left'],
    ['a tag of nothing', 'c1', 'needs 1 bytes'],
    ['a map without its last value', 'a101', 'claims 1 entries'],
    ['text that is no UTF-8', '61ff', 'not valid UTF-8'],
    ['text with a surrogate', '63eda080', 'not valid UTF-8'],
    ['overlong UTF-8', '62c080', 'not valid UTF-8'],
    ['a break on its own', 'ff', 'break'],
    ['a reserved head', '1c', 'reserved head'],
    ['a reserved float', 'fc', 'reserved head'],
    ['a second item', '0000', '1 bytes behind'],
    ['a break behind', '00ff', '1 bytes behind'],
  ])('%s', (_name, text, detail) => {
    const fault = faultOf(() => decode(text));
    expect([fault.code, fault.detail]).toEqual(['malformed', expect.stringContaining(detail)]);
  });
});

describe('a key that stands twice is refused', () => {
  it.each([
    ['integers', 'a201000100'],
    ['text', 'a2616100616100'],
    ['bytes', 'a2410100410100'],
    ['NaN', 'a2f97e0000f97e0000'],
    ['null', 'a2f600f600'],
    ['deep inside', '81c1a101a201000100'],
  ])('%s', (_name, text) => {
    expect(faultOf(() => decode(text)).detail).toBe('key stands twice in its map');
  });

  it.each([
    ['1 and 1.0', 'a20100f93c0000'],
    ['1 and "1"', 'a20100613100'],
    ['"a" and h\'61\'', 'a2616100416100'],
    ['0 and -0.0', 'a20000f9800000'],
    ['false and 0', 'a20000f400'],
  ])('%s are not the same', (_name, text) => {
    expect((decode(text) as ReadonlyMap<CborValue, CborValue>).size).toBe(2);
  });
});

it.each([
  ['an array', 'a1810100'],
  ['a map', 'a1a000'],
  ['a tag', 'a1c10000'],
])('refuses a key that is %s', (_name, text) => {
  expect(faultOf(() => decode(text)).detail).toBe('key is an array, a map or a tag');
});

describe('limits', () => {
  it.each([
    ['bytes', '5b7fffffffffffffff'],
    ['bytes, 4 GB', '5affffffff'],
    ['text', '7bffffffffffffffff'],
    ['an array', '9b0fffffffffffffff'],
    ['an array of as many items as bytes are left, and one', '9a0000000200'],
    ['a map', 'bb7fffffffffffffff'],
    ['a map of as many keys as bytes are left', 'a200'],
  ])('a length that nothing stands behind: %s', (_name, text) => {
    const before = process.memoryUsage().heapTotal;
    expect(faultOf(() => decode(text)).code).toBe('malformed');
    expect(process.memoryUsage().heapTotal - before).toBeLessThan(64 * 1024 * 1024);
  });

  it('reads 32 levels and no more', () => {
    const nested = (levels: number, head: string) => hex(`${head.repeat(levels - 1)}00`);
    for (const head of ['81', 'c1', 'a100']) {
      expect(() => decodeCbor(nested(32, head), 'thing')).not.toThrow();
      expect(faultOf(() => decodeCbor(nested(33, head), 'thing')).detail).toBe(
        'more than 32 levels',
      );
    }
    expect(faultOf(() => decodeCbor(nested(1_000_000, '81'), 'x')).detail).toContain('levels');
  });

  it('reads a million items and no more', () => {
    const array = (count: number) => {
      const bytes = new Uint8Array(5 + count);
      bytes[0] = 0x9a;
      new DataView(bytes.buffer).setUint32(1, count);
      return bytes;
    };
    expect(decodeCbor(array(999_999), 'thing')).toHaveLength(999_999);
    expect(faultOf(() => decodeCbor(array(1_000_000), 'x')).detail).toBe('more than 1000000 items');
  });

  it('reads 10 MiB and no more', () => {
    const size = 10 * 1024 * 1024;
    const bytes = concatBytes(hex('5a009ffffb'), new Uint8Array(size - 5));
    expect((decodeCbor(bytes, 'thing') as Uint8Array).length).toBe(size - 5);
    expect(faultOf(() => decodeCbor(new Uint8Array(size + 1), 'x')).detail).toContain('at most');
  });
});

it('gives copies of byte strings', () => {
  const bytes = hex('4401020304');
  const value = decodeCbor(bytes, 'thing');
  bytes.fill(0);
  expect(value).toEqual(hex('01020304'));
});

it('names the offset', () => {
  expect(faultOf(() => decode('8301026161ff')).at).toBe('thing+0x5');
  expect(faultOf(() => decode('820161ff')).at).toBe('thing+0x2');
});
