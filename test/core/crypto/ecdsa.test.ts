import { p256, p384 } from '@noble/curves/nist.js';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import * as node from '../../../src/core/crypto/node.ts';
import type { CryptoPort } from '../../../src/core/crypto/port.ts';
import { hex } from '../../support/hex.ts';
import { implementations } from '../../support/implementations.ts';
import { asView } from '../../support/view.ts';

/** One curve with its hash, and the example of RFC 6979 appendix A.2 for message "sample". */
interface Case {
  readonly curve: typeof p256;
  /** Bytes of a coordinate, and of r and of s. */
  readonly size: number;
  readonly digest: (message: Uint8Array) => Uint8Array;
  readonly point: Uint8Array;
  readonly signature: Uint8Array;
  /** The verification that this is about, with whatever key the point gives. */
  readonly verify: (
    crypto: CryptoPort,
    point: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array,
  ) => boolean | undefined;
  readonly imported: (crypto: CryptoPort, point: Uint8Array) => object | undefined;
}

const P256: Case = {
  curve: p256,
  size: 32,
  digest: node.sha256,
  point: hex(
    '60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6' +
      '7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299',
  ),
  signature: hex(
    'efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716' +
      'f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8',
  ),
  verify: (crypto, point, message, signature) => {
    const key = crypto.importP256(point);
    return key && crypto.verifyP256(key, message, signature);
  },
  imported: (crypto, point) => crypto.importP256(point),
};

const P384: Case = {
  curve: p384,
  size: 48,
  digest: node.sha384,
  point: hex(
    'ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64def8f0ea9055866064a254515480bc13' +
      '8015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1288b231c3ae0d4fe7344fd2533264720',
  ),
  signature: hex(
    '94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe46' +
      '99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8',
  ),
  verify: (crypto, point, message, signature) => {
    const key = crypto.importP384(point);
    return key && crypto.verifyP384(key, message, signature);
  },
  imported: (crypto, point) => crypto.importP384(point),
};

const message = utf8('sample');

function bigEndian(value: bigint, size: number): Uint8Array {
  return hex(value.toString(16).padStart(2 * size, '0'));
}

/**
 * A key under which (r, s) with s = r signs the message, r being the x of a point modulo n: so
 * numbers can be had that no signer would ever meet.
 */
function keyFor({ curve, size, digest }: Case, x: bigint): Uint8Array {
  const { Point } = curve;
  const { Fn } = Point;
  const r = Fn.create(x);
  const R = Point.fromBytes(concatBytes(Uint8Array.of(2), bigEndian(x, size)));
  const e = Fn.create(BigInt(`0x${toHex(digest(message))}`));
  // Q = r⁻¹ (s R − e G), and s = r.
  const key = R.subtract(Point.BASE.multiply(Fn.mul(Fn.inv(r), e)));
  return key.toBytes(false).subarray(1);
}

/** The first x from `start` on that is on the curve. */
function xFrom({ curve, size }: Case, start: bigint): bigint {
  for (let x = start; ; x++) {
    try {
      curve.Point.fromBytes(concatBytes(Uint8Array.of(2), bigEndian(x, size)));
      return x;
    } catch {
      // Every second number is the x of no point.
    }
  }
}

describe.each(implementations)('%s', (_, crypto) => {
  describe.each([
    ['P-256', P256],
    ['P-384', P384],
  ])('%s', (_curve, c) => {
    const { size, signature, point } = c;
    const { ORDER: n } = c.curve.Point.Fn;
    const verify = (m: Uint8Array, s: Uint8Array) => c.verify(crypto, point, m, s);
    const number = (value: bigint) => bigEndian(value, size);
    const withR = (r: Uint8Array) => concatBytes(r, signature.subarray(size));
    const withS = (s: Uint8Array) => concatBytes(signature.subarray(0, size), s);
    const s = BigInt(`0x${toHex(signature.subarray(size))}`);

    it('accepts the RFC 6979 signature, whose s is in the upper half', () => {
      expect(s > n / 2n).toBe(true);
      expect(verify(message, signature)).toBe(true);
    });

    it('accepts it with n − s for s, which signs the same', () => {
      expect(verify(message, withS(number(n - s)))).toBe(true);
    });

    it('accepts key and signature out of larger buffers', () => {
      expect(c.verify(crypto, asView(point), asView(message), asView(signature))).toBe(true);
    });

    it.each([
      ['another message', utf8('Sample'), signature],
      ['an empty message', utf8(''), signature],
      ['r = 0', message, withR(number(0n))],
      ['s = 0', message, withS(number(0n))],
      ['r = s = 0', message, new Uint8Array(2 * size)],
      ['r = n', message, withR(number(n))],
      ['s = n', message, withS(number(n))],
      ['r = n + 1', message, withR(number(n + 1n))],
      ['s = n + 1', message, withS(number(n + 1n))],
      ['r of ones', message, withR(new Uint8Array(size).fill(0xff))],
      ['s of ones', message, withS(new Uint8Array(size).fill(0xff))],
      ['r = 1', message, withR(number(1n))],
      ['s = 1', message, withS(number(1n))],
      [
        'r and s exchanged',
        message,
        concatBytes(withS(signature).subarray(size, 2 * size), withR(signature).subarray(0, size)),
      ],
      ['one byte short', message, signature.subarray(0, -1)],
      ['one byte long', message, Uint8Array.of(...signature, 0)],
      ['a zero byte in front', message, Uint8Array.of(0, ...signature)],
      [
        'a zero byte in front of either',
        message,
        Uint8Array.of(0, ...signature.subarray(0, size), 0, ...signature.subarray(size)),
      ],
      ['the lengths of another curve', message, concatBytes(signature, new Uint8Array(32))],
      ['only r', message, signature.subarray(0, size)],
      ['empty', message, new Uint8Array()],
    ])('refuses %s', (_name, m, changed) => {
      expect(verify(m, changed)).toBe(false);
    });

    it('accepts a small r, but not r + n, which is another way to write it', () => {
      const r = xFrom(c, 1n);
      const key = keyFor(c, r);
      expect(c.verify(crypto, key, message, concatBytes(number(r), number(r)))).toBe(true);
      expect(c.verify(crypto, key, message, concatBytes(number(r + n), number(r)))).toBe(false);
      expect(c.verify(crypto, key, message, concatBytes(number(r), number(r + n)))).toBe(false);
    });

    it('reduces an x beyond n, as the standard says', () => {
      const x = xFrom(c, n + 1n);
      const key = keyFor(c, x);
      expect(c.verify(crypto, key, message, concatBytes(number(x - n), number(x - n)))).toBe(true);
      expect(c.verify(crypto, key, message, concatBytes(number(x), number(x - n)))).toBe(false);
    });

    const last = 2 * size - 1;
    const { ORDER: p } = c.curve.Point.Fp;
    it.each([
      ['a point beside the curve', point.with(last, (point[last] ?? 0) ^ 1)],
      ['the zero point', new Uint8Array(2 * size)],
      ['a byte too few', point.subarray(1)],
      ['a byte too many', Uint8Array.of(...point, 0)],
      ['the form byte before it', Uint8Array.of(4, ...point)],
      ['a compressed point', Uint8Array.of(2, ...point.subarray(0, size))],
      ['nothing', new Uint8Array()],
      ['coordinates above the field prime', new Uint8Array(2 * size).fill(0xff)],
      ['x = p', concatBytes(number(p), point.subarray(size))],
      ['x and y exchanged', concatBytes(point.subarray(size), point.subarray(0, size))],
      ['a point of the other curve', c === P256 ? P384.point : P256.point],
    ])('does not import %s', (_name, bytes) => {
      expect(c.imported(crypto, bytes)).toBeUndefined();
    });

    it('does not import x + p for a small x, which is another way to write it', () => {
      const x = xFrom(c, 0n);
      const encoded = concatBytes(Uint8Array.of(2), number(x));
      const y = c.curve.Point.fromBytes(encoded)
        .toBytes(false)
        .subarray(1 + size);
      expect(c.imported(crypto, concatBytes(number(x), y))).toBeDefined();
      expect(c.imported(crypto, concatBytes(number(x + p), y))).toBeUndefined();
    });
  });
});
