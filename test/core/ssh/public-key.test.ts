import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { parseSshPublicKey, sshEd25519Fingerprint } from '../../../src/core/ssh/public-key.ts';
import { faultOf } from '../../support/fault-of.ts';
import { ED25519_KEY } from '../../support/keyset.ts';
import { ECDSA_LINE, ED25519_LINE, sshBlob, sshLine } from '../../support/ssh.ts';

const parse = (line: string) => parseSshPublicKey(line, 'key');

it.each([
  { name: 'Ed25519', line: ED25519_LINE, algorithm: 'ssh-ed25519' },
  { name: 'a comment', line: `${ED25519_LINE} root@node 1`, algorithm: 'ssh-ed25519' },
  { name: 'an empty comment', line: `${ED25519_LINE} `, algorithm: 'ssh-ed25519' },
  { name: 'ECDSA', line: ECDSA_LINE, algorithm: 'ecdsa-sha2-nistp256' },
])('reads $name', ({ line, algorithm }) => {
  const blob = Buffer.from(line.split(' ')[1] ?? '', 'base64');
  const fingerprint = new Uint8Array(createHash('sha256').update(blob).digest());
  expect(parse(line)).toEqual({ algorithm, blob: new Uint8Array(blob), fingerprint });
});

it('knows the fingerprint of an Ed25519 key by itself', () => {
  expect(toHex(sshEd25519Fingerprint(ED25519_KEY))).toBe(toHex(parse(ED25519_LINE).fingerprint));
});

describe('refuses', () => {
  const [algorithm = '', encoded = ''] = ED25519_LINE.split(' ');
  it.each([
    { name: 'nothing', line: '' },
    { name: 'no key', line: algorithm },
    { name: 'a host in front, as in known_hosts', line: `node ${ED25519_LINE}` },
    { name: 'a line break behind', line: `${ED25519_LINE}\n` },
    { name: 'a second line', line: `${ED25519_LINE}\n${ED25519_LINE}` },
    { name: 'two spaces', line: `${algorithm}  ${encoded}` },
    { name: 'a tab', line: `${algorithm}\t${encoded}` },
    { name: 'a comment beyond ASCII', line: `${ED25519_LINE} ü` },
    { name: 'base64 without its padding', line: `${algorithm} ${encoded}A` },
    { name: 'a line longer than any', line: `${ED25519_LINE} ${'c'.repeat(4096)}` },
    { name: 'another algorithm outside than inside', line: `ssh-rsa ${encoded}` },
    { name: 'no key inside', line: sshLine('ssh-ed25519', sshBlob('ssh-ed25519')) },
    {
      name: 'a key of 31 bytes',
      line: sshLine('ssh-ed25519', sshBlob('ssh-ed25519', ED25519_KEY.subarray(1))),
    },
    {
      name: 'something behind the key',
      line: sshLine('ssh-ed25519', sshBlob('ssh-ed25519', ED25519_KEY, ED25519_KEY)),
    },
    {
      name: 'more strings than any key has',
      line: sshLine('ssh-x', sshBlob('ssh-x', ...Array.from({ length: 5 }, () => ED25519_KEY))),
    },
    {
      name: 'a length that runs past the end',
      line: sshLine('ssh-ed25519', sshBlob('ssh-ed25519', ED25519_KEY).with(3, 0xff)),
    },
    {
      name: 'a byte behind the last string',
      line: sshLine('ssh-ed25519', Uint8Array.of(...sshBlob('ssh-ed25519', ED25519_KEY), 0)),
    },
  ])('$name', ({ line }) => {
    const fault = faultOf(() => parse(line));
    expect(fault.code).toBe('malformed');
    expect(fault.at).toMatch(/^key/);
  });
});
