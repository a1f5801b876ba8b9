import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { importX25519Secret, mlKem768Secret } from '../../../src/core/crypto/node.ts';
import type { CryptoPort } from '../../../src/core/crypto/port.ts';
import { hex } from '../../support/hex.ts';
import { implementations } from '../../support/implementations.ts';
import { asView } from '../../support/view.ts';

const seed = Uint8Array.from({ length: 64 }, (_, i) => i);

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('refused');
  return value;
}

describe.each(implementations)('%s', (_, crypto) => {
  it('hashes the examples of FIPS 202', () => {
    expect(toHex(crypto.sha3_256(new Uint8Array()))).toBe(
      'a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a',
    );
    expect(toHex(crypto.shake256(new Uint8Array(), 32))).toBe(
      '46b9dd2b0ba88d13233b3feb743eeb243fcd52ea62b81b82b50c27646ed5762f',
    );
  });

  it('makes the same keys of a seed as every other', () => {
    const publicKey = crypto.mlKem768PublicKey(crypto.mlKem768Secret(asView(seed)));
    const point = crypto.x25519PublicKey(crypto.importX25519Secret(asView(seed.subarray(0, 32))));
    for (const [, other] of implementations) {
      expect(other.mlKem768PublicKey(other.mlKem768Secret(seed))).toEqual(publicKey);
      const secret = other.importX25519Secret(seed.subarray(0, 32));
      expect(other.x25519PublicKey(secret)).toEqual(point);
    }
  });

  it('opens what every other encapsulated', () => {
    const secret = crypto.mlKem768Secret(seed);
    for (const [, other] of implementations) {
      const key = must(other.importMlKem768(asView(crypto.mlKem768PublicKey(secret))));
      const { ciphertext, sharedSecret } = other.encapsulateMlKem768(key);
      expect(crypto.decapsulateMlKem768(secret, asView(ciphertext))).toEqual(sharedSecret);
      const rejected = crypto.decapsulateMlKem768(
        secret,
        ciphertext.with(0, ~(ciphertext[0] ?? 0)),
      );
      expect(rejected).toHaveLength(32);
      expect(rejected).not.toEqual(sharedSecret);
      const again = other.decapsulateMlKem768(
        other.mlKem768Secret(seed),
        ciphertext.with(0, ~(ciphertext[0] ?? 0)),
      );
      expect(again).toEqual(rejected);
    }
  });

  it('refuses an encapsulation key of another length, or not below the modulus', () => {
    const key = crypto.mlKem768PublicKey(crypto.mlKem768Secret(seed));
    for (const length of [0, 1183, 1185]) {
      expect(crypto.importMlKem768(new Uint8Array(length))).toBeUndefined();
    }
    for (const at of [0, 1, 1149, 1151]) {
      expect(crypto.importMlKem768(key.with(at, 0xff).with(Math.min(at + 1, 1151), 0xff))).toBe(
        undefined,
      );
    }
    // 3328 and 3329 in the first coefficient: the largest that is one, and the first that is none.
    const first = (value: number) =>
      key.with(0, value & 0xff).with(1, ((key[1] ?? 0) & 0xf0) | (value >> 8));
    expect(crypto.importMlKem768(first(3328))).toBeDefined();
    expect(crypto.importMlKem768(first(3329))).toBeUndefined();
  });

  it('refuses ciphertexts, seeds, scalars and points of another length', () => {
    const secret = crypto.mlKem768Secret(seed);
    for (const length of [0, 1087, 1089]) {
      expect(crypto.decapsulateMlKem768(secret, new Uint8Array(length))).toBeUndefined();
    }
    expect(() => crypto.mlKem768Secret(seed.subarray(1))).toThrow(RangeError);
    expect(() => crypto.importX25519Secret(seed)).toThrow(RangeError);
    expect(crypto.importX25519(seed)).toBeUndefined();
  });

  it('agrees with every other on a secret', () => {
    const own = crypto.newX25519Secret();
    const mine = must(crypto.importX25519(crypto.x25519PublicKey(own)));
    expect(crypto.x25519PublicKey(own)).not.toEqual(
      crypto.x25519PublicKey(crypto.newX25519Secret()),
    );
    for (const [, other] of implementations) {
      const theirs = other.newX25519Secret();
      const point = must(crypto.importX25519(asView(other.x25519PublicKey(theirs))));
      const shared = must(crypto.x25519(own, point));
      expect(other.x25519(theirs, must(other.importX25519(crypto.x25519PublicKey(own))))).toEqual(
        shared,
      );
      expect(crypto.x25519(own, mine)).not.toEqual(shared);
    }
  });

  it('refuses points of small order, which make every secret the same', () => {
    const small = [
      '00'.repeat(32),
      `01${'00'.repeat(31)}`,
      'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
      `ec${'ff'.repeat(30)}7f`,
      `ed${'ff'.repeat(30)}7f`,
    ];
    for (const point of small) {
      const key = must(crypto.importX25519(hex(point)));
      expect([point, crypto.x25519(crypto.newX25519Secret(), key)]).toEqual([point, undefined]);
    }
  });

  it('erases', () => {
    const secrets = [crypto.mlKem768Secret(seed), crypto.newX25519Secret()];
    for (const secret of secrets) expect(crypto.eraseKemSecret(secret)).toBeUndefined();
  });
});

it('erases what is in reach: a portable key then opens nothing', () => {
  const [, portable] = must(implementations.find(([name]) => name === 'portable'));
  const erasing: CryptoPort = portable;
  const secret = erasing.mlKem768Secret(seed);
  const key = must(erasing.importMlKem768(erasing.mlKem768PublicKey(secret)));
  const { ciphertext, sharedSecret } = erasing.encapsulateMlKem768(key);
  erasing.eraseKemSecret(secret);
  let opened: Uint8Array | undefined;
  try {
    opened = erasing.decapsulateMlKem768(secret, ciphertext);
  } catch {
    opened = undefined; // noble notices that the key is not one any more
  }
  expect(opened).not.toEqual(sharedSecret);
});

it.each([
  ['ML-KEM', 64, mlKem768Secret],
  ['X25519', 32, importX25519Secret],
] as const)(
  'leaves nothing of a secret in the memory that Node’s Buffers share (%s)',
  (_, length, importSecret) => {
    const secret = Buffer.alloc(length, 0xa7);
    const pool = () => Buffer.from(Buffer.allocUnsafe(1).buffer);
    const before = pool();
    importSecret(secret);
    for (const memory of [before, pool()]) expect(memory.includes(secret)).toBe(false);
  },
);
