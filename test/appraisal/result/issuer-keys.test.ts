import { describe, expect, it } from 'vitest';
import { importIssuerKeys } from '../../../src/appraisal/result/issuer-keys.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { issuerOf } from '../../support/ear.ts';
import { asView } from '../../support/view.ts';

const p256 = issuerOf('ES256', 'one');
const ed25519 = issuerOf('EdDSA', 'two');
const [ec, okp] = [await p256.jwk(), await ed25519.jwk()];
const setOf = (...keys: unknown[]) => utf8(JSON.stringify({ keys }));

describe('a key set', () => {
  it('holds the keys that were published, under their ids', () => {
    const keys = importIssuerKeys(setOf(ec, okp));
    expect(keys.map(({ keyId }) => keyId)).toEqual(['one', 'two']);
    expect(keys.map(({ key }) => key.spki)).toEqual([
      p256.pinned.key.spki,
      ed25519.pinned.key.spki,
    ]);
    expect(importIssuerKeys(asView(setOf(ec, okp))).map(({ key }) => key.keyId)).toEqual(
      keys.map(({ key }) => key.keyId),
    );
  });

  it('may say what its keys are for', () => {
    const told = { ...okp, use: 'sig', key_ops: ['verify'], alg: 'Ed25519' };
    expect(importIssuerKeys(setOf(told))).toHaveLength(1);
  });

  it.each<[string, unknown, string, string]>([
    ['no keys', [], 'jwks.keys', 'malformed'],
    ['too many keys', Array(65).fill(ec), 'jwks.keys', 'malformed'],
    ['two keys of one id', [ec, { ...okp, kid: 'one' }], 'jwks.keys', 'malformed'],
    ['a key without an id', [{ ...ec, kid: undefined }], 'jwks.keys[0].kid', 'malformed'],
    ['a private key', [{ ...okp, d: 'AA' }], 'jwks.keys[0]', 'usage'],
    ['a short number', [{ ...ec, x: 'AAAA' }], 'jwks.keys[0].x', 'malformed'],
    ['a key of another curve', [{ ...ec, crv: 'P-384' }], 'jwks.keys[0]', 'unsupported'],
    ['a key of another kind', [{ ...ec, kty: 'oct' }], 'jwks.keys[0].alg', 'unsupported'],
    ['a key that encrypts', [{ ...ec, use: 'enc' }], 'jwks.keys[0].use', 'unsupported'],
    [
      'a key that verifies nothing',
      [{ ...ec, key_ops: [] }],
      'jwks.keys[0].key_ops',
      'unsupported',
    ],
    ['another algorithm', [{ ...ec, alg: 'ES384' }], 'jwks.keys[0].alg', 'unsupported'],
    ['another algorithm', [{ ...okp, alg: 'ES256' }], 'jwks.keys[0].alg', 'unsupported'],
    ['no keys by name', undefined, 'jwks.keys', 'malformed'],
  ])('with %s is refused', (_what, keys, at, code) => {
    expect(() => importIssuerKeys(utf8(JSON.stringify({ keys })))).toThrow(
      expect.objectContaining({ at, code }),
    );
  });

  it('with a point that is on no curve is refused', () => {
    const off = { ...ec, x: `A${String(ec.x).slice(1)}`, y: `A${String(ec.y).slice(1)}` };
    expect(() => importIssuerKeys(setOf(off))).toThrow(
      expect.objectContaining({ code: 'malformed' }),
    );
  });

  it('of any size is not read', () => {
    const large = utf8(JSON.stringify({ keys: [ec], filler: ' '.repeat(64 * 1024) }));
    expect(() => importIssuerKeys(large)).toThrow('larger than');
  });
});
