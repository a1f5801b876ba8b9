import { p256, p384 } from '@noble/curves/nist.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import * as node from '../../../src/core/crypto/node.ts';
import * as portable from '../../../src/core/crypto/portable.ts';
import { hex } from '../../support/hex.ts';
import { digestInfo, pkcs1Block, pssBlock, rsaPower } from '../../support/rsa.ts';
import { OTHER_RSA_2048, RSA_2048, type RsaTestKey } from '../../support/rsa-keys.ts';

/** Both projects would ask the same two implementations: the second need not repeat all of it. */
const RUNS = process.env['VITEST_POSTERN_CRYPTO'] === 'portable' ? 10 : 100;

const KINDS = ['flip', 'set', 'shift', 'cut', 'add'] as const;

interface Damage {
  readonly kind: (typeof KINDS)[number];
  readonly at: number;
  readonly value: number;
}

/** No piece of damage, one, or two: what is asked is that both say the same, not what they say. */
const damage: fc.Arbitrary<readonly Damage[]> = fc.array(
  fc.record({
    kind: fc.constantFrom(...KINDS),
    at: fc.nat(1 << 16),
    value: fc.constantFrom(0x00, 0x01, 0x02, 0x30, 0x7f, 0x80, 0xbc, 0xff),
  }),
  { maxLength: 2 },
);

/** Nothing, seven times in eight, so that what is odd elsewhere gets to be looked at. */
function seldom<T, N>(nothing: N, something: fc.Arbitrary<T>): fc.Arbitrary<T | N> {
  return fc.oneof(
    { weight: 7, arbitrary: fc.constant(nothing) },
    { weight: 1, arbitrary: something },
  );
}

/** Damage that keeps the length is the more telling, since another length is soon refused. */
function applied(bytes: Uint8Array, { kind, at, value }: Damage): Uint8Array {
  const index = at % Math.max(1, bytes.length);
  switch (kind) {
    case 'flip':
      return bytes.map((byte, i) => (i === index ? byte ^ (1 << (at >> 13)) : byte));
    case 'set':
      return bytes.map((byte, i) => (i === index ? value : byte));
    case 'shift':
      return concatBytes(bytes.subarray(0, index), Uint8Array.of(value), bytes.subarray(index, -1));
    case 'cut':
      return bytes.subarray(0, -1);
    default:
      return Uint8Array.of(...bytes, value);
  }
}

const broken = (bytes: Uint8Array, pieces: readonly Damage[]) => pieces.reduce(applied, bytes);

const text: fc.Arbitrary<Uint8Array> = fc.uint8Array({ maxLength: 200 });
const rarelyDamaged = seldom([], damage);

/**
 * @param clean an input that both must take for rightly signed, or the property says nothing.
 * @param answers what either implementation says.
 */
function agree<T>(
  name: string,
  input: fc.Arbitrary<T>,
  clean: T,
  answers: (input: T) => readonly unknown[],
): void {
  it(name, { timeout: 60_000 }, () => {
    expect(answers(clean)).toEqual([true, true]);
    const property = fc.property(input, (value) => {
      const [here, there] = answers(value);
      expect(there).toBe(here);
    });
    fc.assert(property, { numRuns: RUNS });
  });
}

describe('node and portable agree on', () => {
  describe.each([
    ['P-256', p256, 'importP256', 'verifyP256'],
    ['P-384', p384, 'importP384', 'verifyP384'],
  ] as const)('%s', (_name, curve, importKey, verify) => {
    const secret = new Uint8Array(curve.Point.Fn.BYTES).fill(0x17);
    const point = curve.getPublicKey(secret, false).subarray(1);
    const size = point.length / 2;
    const odd = fc.constantFrom<Uint8Array>(
      hex(curve.Point.Fn.ORDER.toString(16)),
      new Uint8Array(size),
      new Uint8Array(size).fill(0xff),
      new Uint8Array(size).with(-1, 1),
    );
    const input = fc.record({
      message: text,
      inPoint: rarelyDamaged,
      inMessage: rarelyDamaged,
      inSignature: damage,
      r: seldom(undefined, odd),
      s: seldom(undefined, odd),
    });
    const clean = {
      ...{ message: utf8('message'), inPoint: [], inMessage: [], inSignature: [] },
      ...{ r: undefined, s: undefined },
    };

    agree('signatures', input, clean, ({ message, inPoint, inMessage, inSignature, r, s }) => {
      const made = curve.sign(message, secret, { lowS: false });
      const whole = concatBytes(r ?? made.subarray(0, size), s ?? made.subarray(size));
      const signature = broken(whole, inSignature);
      const [bytes, signed] = [broken(point, inPoint), broken(message, inMessage)];
      return [node, portable].map((crypto) => {
        const key = crypto[importKey](bytes);
        return key && crypto[verify](key as never, signed, signature);
      });
    });
  });

  describe.each([
    ['RSASSA-PSS', 'verifyRsaPssSha384', (message: Uint8Array) => pssBlock(256, message)],
    [
      'RSASSA-PKCS1-v1_5',
      'verifyRsaPkcs1Sha256',
      (message: Uint8Array) => pkcs1Block(256, digestInfo(message)),
    ],
  ] as const)('%s', (_name, verify, blockOf) => {
    const keys = fc.constantFrom<RsaTestKey>(RSA_2048, RSA_2048, RSA_2048, OTHER_RSA_2048);
    const answers = (n: Uint8Array, e: Uint8Array, message: Uint8Array, signature: Uint8Array) =>
      [node, portable].map((crypto) => {
        const key = crypto.importRsa(n, e);
        return key && crypto[verify](key, message, signature);
      });

    const clean = {
      ...{ message: utf8('message'), key: RSA_2048, inModulus: [], inExponent: [] },
      ...{ inMessage: [], inSignature: [] },
    };
    const outside = fc.record({
      message: text,
      key: keys,
      inModulus: rarelyDamaged,
      inExponent: rarelyDamaged,
      inMessage: rarelyDamaged,
      inSignature: damage,
    });
    agree('damage to what is public', outside, clean, (drawn) => {
      const { message, key } = drawn;
      const signature = rsaPower(RSA_2048, blockOf(message));
      return answers(
        broken(key.modulus, drawn.inModulus),
        broken(key.exponent, drawn.inExponent),
        broken(message, drawn.inMessage),
        broken(signature, drawn.inSignature),
      );
    });

    const inside = fc.record({ message: text, inBlock: damage });
    agree(
      'damage under the signature',
      inside,
      { message: utf8('message'), inBlock: [] },
      ({ message, inBlock }) => {
        const block = broken(blockOf(message), inBlock);
        fc.pre(block.length === 256 && Buffer.compare(block, RSA_2048.modulus) < 0);
        const signature = rsaPower(RSA_2048, block);
        return answers(RSA_2048.modulus, RSA_2048.exponent, message, signature);
      },
    );
  });
});
