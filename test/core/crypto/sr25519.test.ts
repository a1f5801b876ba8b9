import { ristretto255 } from '@noble/curves/ed25519.js';
import { getPublicKey, secretFromSeed, sign } from '@scure/sr25519';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { importSr25519, verifySr25519 } from '../../../src/core/crypto/sr25519.ts';
import { hex } from '../../support/hex.ts';
import { asView } from '../../support/view.ts';

/** Made by schnorrkel itself: `VerifyExisting` of its C binding sr25519-crust, test/ds.cpp. */
const KNOWN = {
  key: hex('46ebddef8cd9bb167dc30878d7113b7e168e6f0646beffd77d69d39bad76b47a'),
  message: utf8('this is a message'),
  signature: hex(
    '4e172314444b8f820bb54c22e95076f220ed25373e5c178234aa6c211d292712' +
      '44b947e3ff3418ff6b45fd1df1140c8cbff69fc58ee6dc96df70936a2bb74b82',
  ),
};

/** `verify_known_old_message_should_work` of Substrate's sp-core, which today's `verify` refuses. */
const BEFORE_THE_AUDIT = {
  key: hex('b4bfa1f7a5166695eb75299fd1c4c03ea212871c342f2c5dfea0902b2c246918'),
  message: utf8(
    'Verifying that I am the owner of 5G9hQLdsKQswNPgB499DeA5PkFBbgkLPJWkkS6FAM6xGQ8xD. Hash: 221455a3\n',
  ),
  signature: hex(
    '5a9755f069939f45d96aaf125cf5ce7ba1db998686f87f2fb3cbdea922078741' +
      'a73891ba265f70c31436e18a9acd14d189d73c12317ab6c313285cd938453202',
  ),
};

/** Of the group, in the bytes that schnorrkel would take it in: little-endian. */
const ORDER = hex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010');

function verifies(key: Uint8Array, message: Uint8Array, signature: Uint8Array) {
  const imported = importSr25519(key);
  return imported && verifySr25519(imported, message, signature);
}

it('accepts what schnorrkel signed', () => {
  const { key, message, signature } = KNOWN;
  expect(verifies(key, message, signature)).toBe(true);
  expect(verifies(asView(key), asView(message), asView(signature))).toBe(true);
});

it('accepts what wallets of today sign', () => {
  // Substrate's //Alice, secret and public key as its tooling prints them.
  const secret = secretFromSeed(
    hex('e5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a'),
  );
  const key = hex('d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d');
  expect(getPublicKey(secret)).toEqual(key);
  for (const length of [0, 1, 165, 166, 167, 1000]) {
    const message = new Uint8Array(length).fill(7);
    const signature = sign(secret, message);
    expect(verifies(key, message, signature)).toBe(true);
    expect(verifies(key, Uint8Array.of(...message, 0), signature)).toBe(false);
  }
});

it('keeps a key that its giver writes over', () => {
  const given = new Uint8Array(KNOWN.key);
  const key = importSr25519(given);
  given.fill(0);
  expect(key && verifySr25519(key, KNOWN.message, KNOWN.signature)).toBe(true);
});

it('refuses a signature of before the audit, as Substrate does', () => {
  const { key, message, signature } = BEFORE_THE_AUDIT;
  expect(verifies(key, message, signature)).toBe(false);
  expect(verifies(key, message, signature.with(63, 0x82))).toBe(false);
});

describe('refuses', () => {
  const { key, message, signature } = KNOWN;
  const [r, s] = [signature.subarray(0, 32), signature.subarray(32)];
  const marked = (scalar: Uint8Array) => scalar.with(31, (scalar[31] ?? 0) | 0x80);
  it.each([
    ['another message', utf8('this is another message'), signature],
    [
      'the message as browser extensions wrap it',
      utf8('<Bytes>this is a message</Bytes>'),
      signature,
    ],
    ['another R', message, signature.with(0, (signature[0] ?? 0) ^ 2)],
    ['another s', message, signature.with(32, (signature[32] ?? 0) ^ 1)],
    ['s + the order, which signs the same', message, concatBytes(r, marked(sum(s, ORDER)))],
    ['s = the order', message, concatBytes(r, marked(ORDER))],
    ['s = 0', message, concatBytes(r, marked(new Uint8Array(32)))],
    ['s of ones', message, concatBytes(r, new Uint8Array(32).fill(0xff))],
    ['no mark', message, signature.with(63, (signature[63] ?? 0) & 0x7f)],
    ['an R that is negative', message, concatBytes(r.with(0, (r[0] ?? 0) | 1), s)],
    ['an R of no element', message, concatBytes(new Uint8Array(32).fill(0xff), s)],
    ['the neutral element for R', message, concatBytes(new Uint8Array(32), s)],
    ['zeros', message, new Uint8Array(64)],
    ['R and s exchanged', message, concatBytes(s, r)],
    ['a byte too few', message, signature.subarray(0, -1)],
    ['a byte too many', message, Uint8Array.of(...signature, 0)],
    ['nothing', message, new Uint8Array()],
  ])('%s', (_name, m, changed) => {
    expect(verifies(key, m, changed)).toBe(false);
  });
});

it.each([
  ['the neutral element', new Uint8Array(32)],
  ['ones', new Uint8Array(32).fill(0xff)],
  ['a negative field element (RFC 9496 appendix A.2)', hex(`01${'00'.repeat(31)}`)],
  ['p, another way to write 0', hex(`ed${'ff'.repeat(30)}7f`)],
  [
    'a non-square (RFC 9496 appendix A.2)',
    hex('26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371'),
  ],
  ['a byte too few', KNOWN.key.subarray(1)],
  ['a byte too many', Uint8Array.of(...KNOWN.key, 0)],
  ['nothing', new Uint8Array()],
])('does not import %s', (_name, bytes) => {
  expect(importSr25519(bytes)).toBeUndefined();
});

it('imports the base point', () => {
  expect(importSr25519(ristretto255.Point.BASE.toBytes())).toBeDefined();
});

/** Of two little-endian numbers, the mark of the first aside. */
function sum(a: Uint8Array, b: Uint8Array): Uint8Array {
  let carry = 0;
  return a.map((byte, i) => {
    const total = (i === 31 ? byte & 0x7f : byte) + (b[i] ?? 0) + carry;
    carry = total >> 8;
    return total & 0xff;
  });
}
