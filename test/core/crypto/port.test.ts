import { describe, expect, it } from 'vitest';
import * as active from '#crypto';
import { fromHex, toHex } from '../../../src/core/bytes/hex.ts';
import * as node from '../../../src/core/crypto/node.ts';
import type { CryptoPort } from '../../../src/core/crypto/port.ts';
import * as portable from '../../../src/core/crypto/portable.ts';

const implementations: [string, CryptoPort][] = [
  ['node', node],
  ['portable', portable],
];

/** RFC 6979 appendix A.2.5, P-256 with SHA-256, message "sample". */
const point = fromHex(
  '60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6' +
    '7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299',
  'point',
);
const signature = fromHex(
  'efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716' +
    'f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8',
  'signature',
);
const message = new TextEncoder().encode('sample');
/** The order n of P-256 (SP 800-186). */
const order = fromHex('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'n');

it('resolves #crypto to the implementation that this project is about', () => {
  const expected = process.env['VITEST_POSTERN_CRYPTO'] === 'portable' ? portable : node;
  expect(active.sha256).toBe(expected.sha256);
});

describe.each(implementations)('%s', (_, crypto) => {
  it('compares bytes, views of larger buffers too', () => {
    const bytes = Uint8Array.of(9, 1, 2, 3, 9);
    const same = (a: number[], b = bytes.subarray(1, 4)) => crypto.sameBytes(Uint8Array.from(a), b);
    expect([same([1, 2, 3]), same([1, 2, 4]), same([1, 2]), same([1, 2, 3, 9])]).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(same([], new Uint8Array())).toBe(true);
  });

  it('hashes the FIPS 180-4 example', () => {
    const abc = new TextEncoder().encode('abc');
    expect(toHex(crypto.sha256(abc))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
    expect(toHex(crypto.sha384(abc))).toBe(
      'cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7',
    );
  });

  const key = crypto.importP256(point);
  const verify = (m: Uint8Array, s: Uint8Array) =>
    key !== undefined && crypto.verifyP256(key, m, s);
  const half = (i: 0 | 1, value: Uint8Array) => {
    const changed = Uint8Array.from(signature);
    changed.set(value, 32 * i);
    return changed;
  };

  it('accepts the RFC 6979 signature, whose s is in the upper half', () => {
    expect(verify(message, signature)).toBe(true);
  });

  it('accepts it out of a larger buffer', () => {
    const padded = Uint8Array.of(1, 2, 3, ...signature, 4);
    expect(verify(message, padded.subarray(3, 67))).toBe(true);
  });

  it.each([
    ['another message', new TextEncoder().encode('Sample'), signature],
    ['r = 0', message, half(0, new Uint8Array(32))],
    ['s = 0', message, half(1, new Uint8Array(32))],
    ['r = n', message, half(0, order)],
    ['s = n', message, half(1, order)],
    ['one byte short', message, signature.subarray(0, 63)],
    ['one byte long', message, Uint8Array.of(...signature, 0)],
    ['empty', message, new Uint8Array()],
  ])('refuses %s', (_name, m, s) => {
    expect(verify(m, s)).toBe(false);
  });

  it.each([
    ['a point beside the curve', point.with(63, 0x98)],
    ['the zero point', new Uint8Array(64)],
    ['63 bytes', point.subarray(1)],
    ['coordinates above the field prime', new Uint8Array(64).fill(0xff)],
  ])('does not import %s', (_name, bytes) => {
    expect(crypto.importP256(bytes)).toBeUndefined();
  });
});
