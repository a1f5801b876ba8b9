import { ed25519 } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import * as node from '../../../src/core/crypto/node.ts';
import type { CryptoPort } from '../../../src/core/crypto/port.ts';
import * as portable from '../../../src/core/crypto/portable.ts';
import { hex } from '../../support/hex.ts';
import { implementations } from '../../support/implementations.ts';
import { asView } from '../../support/view.ts';

const { Point } = ed25519;
const { ORDER: L } = Point.Fn;
const { ORDER: P } = Point.Fp;

/** RFC 8032 section 7.1. */
const EXAMPLES = [
  {
    name: 'test 1, an empty message',
    point: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    message: '',
    signature:
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  },
  {
    name: 'test 2, one byte',
    point: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    message: '72',
    signature:
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  },
] as const;

const [, example] = EXAMPLES;
const point = hex(example.point);
const message = hex(example.message);
const signature = hex(example.signature);

function littleEndian(value: bigint): Uint8Array {
  return hex(value.toString(16).padStart(64, '0')).toReversed();
}

function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(bytes.toReversed())}`);
}

function verify(crypto: CryptoPort, key: Uint8Array, m: Uint8Array, s: Uint8Array) {
  const imported = crypto.importEd25519(key);
  return imported && crypto.verifyEd25519(imported, m, s);
}

/** A point of order 8, and so all of small order. */
const TORSION = Point.fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05');
const smallOrder = Array.from({ length: 8 }, (_, i) => TORSION.multiplyUnsafe(BigInt(i)));

/**
 * Signed by somebody who adds points of small order to R or to the key: the equation with the
 * cofactor holds, that without it does not, unless the two happen to cancel each other out.
 */
function mischief(secret: bigint, inKey: number, inR: number, m: Uint8Array) {
  const key = Point.BASE.multiply(secret).add(smallOrder[inKey] ?? Point.ZERO);
  const R = Point.BASE.multiply(77n).add(smallOrder[inR] ?? Point.ZERO);
  const digest = node.sha512(concatBytes(R.toBytes(), key.toBytes(), m));
  const s = (77n + (numberOf(digest) % L) * secret) % L;
  return { key: key.toBytes(), signature: concatBytes(R.toBytes(), littleEndian(s)) };
}

describe.each(implementations)('%s', (_, crypto) => {
  it.each(EXAMPLES)('accepts $name', (one) => {
    const [key, m, s] = [hex(one.point), hex(one.message), hex(one.signature)];
    expect(verify(crypto, key, m, s)).toBe(true);
    expect(verify(crypto, asView(key), asView(m), asView(s))).toBe(true);
  });

  it('keeps a key that its giver writes over', () => {
    const given = new Uint8Array(point);
    const key = crypto.importEd25519(given);
    given.fill(0);
    expect(key && crypto.verifyEd25519(key, message, signature)).toBe(true);
  });

  const [r, s] = [signature.subarray(0, 32), signature.subarray(32)];
  it.each([
    ['another message', utf8('another'), signature],
    ['S + L, which signs the same', message, concatBytes(r, littleEndian(numberOf(s) + L))],
    ['S = L', message, concatBytes(r, littleEndian(L))],
    ['S of ones', message, concatBytes(r, new Uint8Array(32).fill(0xff))],
    ['S = 0', message, concatBytes(r, new Uint8Array(32))],
    ['L − S', message, concatBytes(r, littleEndian(L - numberOf(s)))],
    ['zeros', message, new Uint8Array(64)],
    ['the neutral point for R', message, concatBytes(Point.ZERO.toBytes(), s)],
    ['the other sign of R', message, signature.with(31, (signature[31] ?? 0) ^ 0x80)],
    ['R and S exchanged', message, concatBytes(s, r)],
    ['a byte too few', message, signature.subarray(0, -1)],
    ['a byte too many', message, Uint8Array.of(...signature, 0)],
    ['nothing', message, new Uint8Array()],
  ])('refuses %s', (_name, m, changed) => {
    expect(verify(crypto, point, m, changed)).toBe(false);
  });

  it.each([
    ...smallOrder.map((small, i) => [`a point of small order, ${i}`, small.toBytes()] as const),
    ['the neutral point with a sign', Point.ZERO.toBytes().with(31, 0x80)],
    ['the point of order 2 with a sign', littleEndian(P - 1n + (1n << 255n))],
    ['y = p, another way to write 0', littleEndian(P)],
    ['y = p + 1, another way to write 1', littleEndian(P + 1n)],
    ['y = p + 3', littleEndian(P + 3n)],
    ['ones', new Uint8Array(32).fill(0xff)],
    ['a y of no point', littleEndian(2n)],
    ['a byte too few', point.subarray(1)],
    ['a byte too many', Uint8Array.of(...point, 0)],
    ['nothing', new Uint8Array()],
  ] as const)('does not import %s', (_name, bytes) => {
    expect(crypto.importEd25519(bytes)).toBeUndefined();
  });

  it('takes a signature only by the equation without the cofactor', () => {
    const honest = mischief(5n, 0, 0, message);
    expect(verify(crypto, honest.key, message, honest.signature)).toBe(true);
    const torsionInR = mischief(5n, 0, 1, message);
    expect(ed25519.verify(torsionInR.signature, message, torsionInR.key)).toBe(true);
    expect(verify(crypto, torsionInR.key, message, torsionInR.signature)).toBe(false);
  });
});

describe('node and portable agree on', () => {
  const runs = process.env['VITEST_POSTERN_CRYPTO'] === 'portable' ? 10 : 60;
  const agree = (key: Uint8Array, m: Uint8Array, s: Uint8Array) =>
    expect(verify(portable, key, m, s)).toBe(verify(node, key, m, s));

  it('which 32 bytes are a key, as the curve’s arithmetic has it', () => {
    const property = fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
      let want = true;
      try {
        want = !Point.fromBytes(bytes).isSmallOrder();
      } catch {
        want = false;
      }
      expect(node.importEd25519(bytes) !== undefined).toBe(want);
      expect(portable.importEd25519(bytes) !== undefined).toBe(want);
    });
    fc.assert(property, { numRuns: runs * 5 });
  });

  it('signatures of honest signers, of those who mean mischief, and damaged ones', () => {
    const drawn = fc.record({
      secret: fc.bigInt({ min: 1n, max: L - 1n }),
      inKey: fc.nat(7),
      inR: fc.nat(7),
      m: fc.uint8Array({ maxLength: 100 }),
      flip: fc.option(fc.tuple(fc.nat(63), fc.nat(7)), { nil: undefined, freq: 3 }),
    });
    const property = fc.property(drawn, ({ secret, inKey, inR, m, flip }) => {
      const made = mischief(secret, inKey, inR, m);
      const [at, bit] = flip ?? [0, 8];
      const s = made.signature.with(at, (made.signature[at] ?? 0) ^ (1 << bit));
      agree(made.key, m, s);
      if (inKey + inR === 0) expect(verify(node, made.key, m, s)).toBe(flip === undefined);
    });
    fc.assert(property, { numRuns: runs });
  });
});
