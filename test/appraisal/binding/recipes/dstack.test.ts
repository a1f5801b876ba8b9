import { describe, expect, it } from 'vitest';
import { toHex } from '../../../../src/core/bytes/hex.ts';
import {
  base64,
  bindingFrom,
  CERTIFICATE_SPKI,
  good,
  sha256,
  sha512,
} from '../../../support/binding.ts';
import { faultOf } from '../../../support/fault-of.ts';

const content = new TextEncoder().encode('a challenge: or none');
const appData = (changes = {}) => good('dstack-app-data', { content: base64(content), ...changes });

it.each([
  { tag: undefined, hashed: 'app-data:' },
  { tag: 'app-data', hashed: 'app-data:' },
  { tag: 'kms-root-ca', hashed: 'kms-root-ca:' },
  { tag: 'my.tag_2', hashed: 'my.tag_2:' },
])('app data under $tag', ({ tag, hashed }) => {
  const binding = bindingFrom(appData({ tag }));
  expect(toHex(binding.reportData)).toBe(sha512(hashed, content).toString('hex'));
  expect(binding).toMatchObject({
    deviceNonce: undefined,
    nonce: undefined,
    binds: ['app-data'],
    notProven: ['freshness', 'device-binding'],
    claims: { appDataTag: hashed.slice(0, -1), appDataSha256: sha256(content).toString('hex') },
  });
});

it('RA-TLS: the key of the certificate', () => {
  const binding = bindingFrom(good('dstack-ra-tls'));
  expect(toHex(binding.reportData)).toBe(sha512('ratls-cert:', CERTIFICATE_SPKI).toString('hex'));
  expect(binding).toMatchObject({
    deviceNonce: undefined,
    nonce: undefined,
    binds: ['tls-spki'],
    notProven: ['freshness', 'device-binding'],
    claims: { tlsSpkiSha256: sha256(CERTIFICATE_SPKI).toString('hex') },
  });
});

describe('refuses', () => {
  it.each([
    { name: 'the tag of RA-TLS', change: { tag: 'ratls-cert' }, at: 'binding.tag' },
    { name: 'a colon in the tag', change: { tag: 'app-data:x' }, at: 'binding.tag' },
    { name: 'a tag that begins a JSON', change: { tag: '{"keys"' }, at: 'binding.tag' },
    { name: 'an empty tag', change: { tag: '' }, at: 'binding.tag' },
    { name: 'a tag of 65 characters', change: { tag: 't'.repeat(65) }, at: 'binding.tag' },
    { name: 'a tag that is null', change: { tag: null }, at: 'binding.tag' },
    { name: 'a line break behind the tag', change: { tag: 'app-data\n' }, at: 'binding.tag' },
    { name: 'content that is no base64', change: { content: '*' }, at: 'binding.content' },
    {
      name: 'more than 1 MiB',
      change: { content: base64(new Uint8Array(1024 * 1024 + 3)) },
      at: 'binding.content',
    },
  ])('$name', ({ change, at }) => {
    expect(faultOf(() => bindingFrom(appData(change)))).toMatchObject({ code: 'malformed', at });
  });
});
