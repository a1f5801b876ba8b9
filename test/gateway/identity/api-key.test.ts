import { describe, expect, it } from 'vitest';
import {
  apiKeyDigest,
  isApiKey,
  readApiKeyId,
  writeApiKey,
} from '../../../src/gateway/identity/api-key.ts';
import { faultOf } from '../../support/fault-of.ts';

const id = '0123456789abcdef';
const secret = new Uint8Array(32).fill(0xff);
const text = `postern_client_0123456789abcdef_${'_'.repeat(42)}8`;

it('is written in one way', () => {
  expect(writeApiKey('client', id, secret)).toBe(text);
  expect(readApiKeyId(text, 'authorization')).toBe(id);
  // By another's hand: printf %s <text> | sha256sum
  expect(apiKeyDigest(text)).toBe(
    'ccf080bbbb920f2d5407896bc98ebc03c7911f9dabd28096292f2c4065af3e1d',
  );
});

it('is not made of a short secret', () => {
  expect(() => writeApiKey('client', id, secret.subarray(1))).toThrow(/want 32 bytes/);
});

it.each([
  ['nothing', ''],
  ['another’s key', 'ghp_0123456789abcdef0123456789abcdef0123'],
  ['a role that is none', text.replace('client', 'root')],
  ['no role', text.replace('client_', '')],
  ['an id in capitals', text.replace('abcdef', 'ABCDEF')],
  ['a short id', text.replace('abcdef', 'abcde')],
  ['a short secret', text.slice(0, -1)],
  ['a long secret', `${text}8`],
  ['a secret in base64', text.replace('_8', '+8')],
  ['white space behind', `${text} `],
  ['a line feed behind', `${text}\n`],
  ['two keys', `${text},${text}`],
])('refuses %s, and does not repeat it', (_name, other) => {
  const fault = faultOf(() => readApiKeyId(other, 'authorization'));
  expect(fault).toMatchObject({ code: 'malformed', at: 'authorization' });
  expect(fault.detail).toBe('want a key such as postern_client_<id>_<secret>');
});

describe('a text', () => {
  const former = text.replace('8', '4');
  const proof = {
    kind: 'api-key',
    sha256: apiKeyDigest(text),
    previous: { sha256: apiKeyDigest(former), until: 1000 },
  } as const;
  const { previous: _, ...alone } = proof;

  it.each([
    ['the key', text, proof, 0, true],
    ['the key, when the one before it has ended', text, proof, 2000, true],
    ['the one before it, in time', former, proof, 999, true],
    ['the one before it, at its end', former, proof, 1000, false],
    ['the one before it, where it is not remembered', former, alone, 0, false],
    ['another', text.replace('8', '0'), proof, 0, false],
    ['another role’s with the same secret', text.replace('client', 'admin'), proof, 0, false],
    ['its digest', apiKeyDigest(text), proof, 0, false],
    ['any, where there is no key', text, undefined, 0, false],
  ] as const)('%s', (_name, given, of, now, right) => {
    expect(isApiKey(given, of, now)).toBe(right);
  });
});
