import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../../src/core/bytes/text.ts';
import { verifyNras } from '../../../../src/evidence/nvidia/nras/verify-nras.ts';
import {
  base64url,
  expectRejected,
  GOOD,
  jwks,
  KEY,
  OTHER_KEY,
  type Rejection,
  serviceKey,
} from '../../../support/nras.ts';

const keyOf = (members: Readonly<Record<string, unknown>>) => ({
  ...GOOD,
  jwks: jwks({ ...KEY.jwk, ...members }),
});
const onP256 = serviceKey('key-1', 'P-256').jwk;

describe('takes', () => {
  it.each([
    [
      'a set with keys of other kinds beside',
      {
        ...GOOD,
        jwks: jwks({ kty: 'RSA', kid: 'r', n: 'AQ', e: 'AQAB' }, { kty: 'oct' }, KEY.jwk),
      },
    ],
    [
      'a set with a bad key that nobody names',
      { ...GOOD, jwks: jwks(KEY.jwk, { ...onP256, kid: 'other' }) },
    ],
    [
      'a key that says what it is for',
      keyOf({ alg: 'ES384', use: 'sig', key_ops: ['verify', 'sign'] }),
    ],
  ])('%s', (_, input) => {
    expect(verifyNras(input).verdict).toBe('accept');
  });
});

const rejected: readonly Rejection[] = [
  ['a set that is no JSON', { ...GOOD, jwks: utf8('keys') }, 'nras.jwks.format'],
  ['an empty set of bytes', { ...GOOD, jwks: new Uint8Array() }, 'nras.jwks.format'],
  ['a set without keys', { ...GOOD, jwks: utf8('{}') }, 'nras.jwks.format'],
  ['a list of keys', { ...GOOD, jwks: utf8('[]') }, 'nras.jwks.format'],
  ['a key that is no object', { ...GOOD, jwks: utf8('{"keys":["key-1"]}') }, 'nras.jwks.format'],
  ['a set with text behind', { ...GOOD, jwks: utf8('{"keys":[]}x') }, 'nras.jwks.format'],
  ['a key id twice', { ...GOOD, jwks: jwks(KEY.jwk, OTHER_KEY.jwk) }, 'nras.jwks.format'],
  ['the same key twice', { ...GOOD, jwks: jwks(KEY.jwk, KEY.jwk) }, 'nras.jwks.format'],
  ['a key id that is no text', keyOf({ kid: 1 }), 'nras.jwks.format'],
  ['a set too large', { ...GOOD, jwks: utf8(' '.repeat(2 ** 20 + 1)) }, 'nras.jwks.format'],
  ['an RSA key', keyOf({ kty: 'RSA' }), 'nras.jwks.key'],
  ['a key on P-256', { ...GOOD, jwks: jwks(onP256) }, 'nras.jwks.key'],
  ['a key on P-256 that says P-384', keyOf({ x: onP256['x'], y: onP256['y'] }), 'nras.jwks.key'],
  ['a point that is not on the curve', keyOf({ y: KEY.jwk['x'] }), 'nras.jwks.key'],
  ['the point at infinity', keyOf({ x: zeros(48), y: zeros(48) }), 'nras.jwks.key'],
  ['a padded coordinate', keyOf({ x: `${KEY.jwk['x']}=` }), 'nras.jwks.key'],
  ['a coordinate with a zero more', keyOf({ x: zeros(49) }), 'nras.jwks.key'],
  ['no coordinate', keyOf({ y: undefined }), 'nras.jwks.key'],
  ['a key for another algorithm', keyOf({ alg: 'ES256' }), 'nras.jwks.key'],
  ['a key for encryption', keyOf({ use: 'enc' }), 'nras.jwks.key'],
  ['a key for signing', keyOf({ key_ops: ['sign'] }), 'nras.jwks.key'],
  ['a key with its private half', keyOf({ d: zeros(48) }), 'nras.jwks.key'],
  ['an empty list of certificates', keyOf({ x5c: [] }), 'nras.jwks.key'],
  ['certificates that are no list', keyOf({ x5c: 'AAAA' }), 'nras.jwks.key'],
  ['a certificate that is none', keyOf({ x5c: ['AAAA'] }), 'nras.jwks.key'],
];

function zeros(length: number): string {
  return base64url(new Uint8Array(length));
}

describe('refuses', () => {
  it.each(rejected)('%s', (...rejection) => {
    expectRejected(rejection);
  });
});
