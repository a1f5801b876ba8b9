import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import {
  isSignedWith,
  parsePublicKey,
  parsePublicKeyPem,
} from '../../../src/core/x509/public-key.ts';
import { faultOf } from '../../support/fault-of.ts';
import { hex } from '../../support/hex.ts';
import { alice, bob } from '../../support/signed-policy.ts';
import { asView } from '../../support/view.ts';

const message = utf8('message');
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const spki = new Uint8Array(p256.publicKey.export({ format: 'der', type: 'spki' }));

it.each([
  ['ed25519', alice],
  ['p256', bob],
] as const)('reads %s keys in DER and in PEM', (algorithm, { publicKey, publicPem }) => {
  const read = parsePublicKey(asView(publicKey.spki), 'key');
  expect([read.algorithm, read.spki, read.keyId]).toEqual([
    algorithm,
    publicKey.spki,
    publicKey.keyId,
  ]);
  expect(read.keyId).toMatch(/^[0-9a-f]{64}$/);
  expect(parsePublicKeyPem(publicPem, 'key').keyId).toBe(publicKey.keyId);
});

describe('refuses', () => {
  const compressed = concatBytes(
    hex('3039301306072a8648ce3d020106082a8648ce3d030107032200'),
    Uint8Array.of(2 + ((spki.at(-1) ?? 0) & 1)),
    spki.subarray(27, 59),
  );
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey;
  const ed = alice.publicKey.spki;
  it.each([
    ['a compressed point', compressed, 'malformed'],
    ['a tail', Uint8Array.of(...spki, 0), 'malformed'],
    ['a tail behind Ed25519', Uint8Array.of(...ed, 0), 'malformed'],
    ['a short Ed25519 key', ed.subarray(0, -1), 'malformed'],
    [
      'an Ed25519 key of small order',
      concatBytes(ed.subarray(0, 12), new Uint8Array(32)),
      'malformed',
    ],
    [
      'NULL parameters',
      concatBytes(hex('302c300706032b65700500032100'), ed.subarray(12)),
      'malformed',
    ],
    ['a long form of the length', concatBytes(hex('30812a'), ed.subarray(2)), 'malformed'],
    ['P-384', new Uint8Array(p384.export({ format: 'der', type: 'spki' })), 'unsupported'],
    ['nothing', new Uint8Array(), 'malformed'],
  ])('%s', (_name, der, code) => {
    const fault = faultOf(() => parsePublicKey(der, 'key'));
    expect(fault).toMatchObject({ code });
    expect(fault.at).toMatch(/^key/);
  });

  it('two keys in one file, and a private one', () => {
    const refused = (text: string) => faultOf(() => parsePublicKeyPem(text, 'key')).code;
    expect(refused(alice.publicPem + bob.publicPem)).toBe('malformed');
    expect(refused(alice.privatePem)).toBe('malformed');
    expect(refused('')).toBe('malformed');
  });
});

describe('a signature of P-256', () => {
  const key = parsePublicKey(spki, 'key');
  const der = new Uint8Array(sign('sha256', message, p256.privateKey));
  const raw = new Uint8Array(
    sign('sha256', message, { key: p256.privateKey, dsaEncoding: 'ieee-p1363' }),
  );

  it('is r ‖ s or DER', () => {
    expect(isSignedWith(key, message, asView(raw))).toBe(true);
    expect(isSignedWith(key, message, asView(der))).toBe(true);
  });

  it.each([
    ['DER with a tail', Uint8Array.of(...der, 0)],
    [
      'DER with a number that is too long',
      concatBytes(hex('304602'), Uint8Array.of(33), new Uint8Array(35)),
    ],
    ['DER cut', der.subarray(0, -1)],
    ['nothing', new Uint8Array()],
    ['r ‖ s with a tail', Uint8Array.of(...raw, 0)],
  ])('is not %s', (_name, signature) => {
    expect(isSignedWith(key, message, signature)).toBe(false);
  });

  it('is none of Ed25519, nor the other way round', () => {
    expect(isSignedWith(alice.publicKey, message, raw)).toBe(false);
    expect(isSignedWith(key, message, alice.sign(message))).toBe(false);
  });
});
