import { describe, expect, it } from 'vitest';
import { toHex } from '../../../../src/core/bytes/hex.ts';
import { bindingFrom, good, NONCE, NONCE_BYTES, sha256, UUIDS } from '../../../support/binding.ts';
import { faultOf } from '../../../support/fault-of.ts';
import { ECDSA_LINE, ED25519_LINE } from '../../../support/ssh.ts';

const fingerprint = (line: string) =>
  sha256(Buffer.from(line.split(' ')[1] ?? '', 'base64')).toString('hex');

it.each([ED25519_LINE, `${ED25519_LINE} executor`, ECDSA_LINE])('v1: %s', (line) => {
  const binding = bindingFrom(good('lium-ssh-v1', { ssh_host_key: line }));
  expect(toHex(binding.reportData)).toBe(sha256('SSH_HOST_KEY:', line).toString('hex') + NONCE);
  expect(binding).toMatchObject({
    deviceNonce: new Uint8Array(NONCE_BYTES),
    nonce: new Uint8Array(NONCE_BYTES),
    binds: ['ssh-host-key'],
    notProven: ['domain-separation', 'device-binding'],
    claims: { sshHostKeyAlgorithm: line.split(' ')[0], sshHostKeySha256: fingerprint(line) },
  });
});

it('v2: the digest of the sorted UUIDs goes into the hash', () => {
  const binding = bindingFrom(good('lium-ssh-v2'));
  const devices = sha256([...UUIDS].sort().join(','));
  const identity = sha256('SSH_HOST_KEY:', ED25519_LINE, devices);
  expect(toHex(binding.reportData)).toBe(identity.toString('hex') + NONCE);
  expect(binding).toMatchObject({
    binds: ['ssh-host-key', 'gpu-uuids'],
    notProven: ['domain-separation', 'device-binding', 'device-identity'],
    claims: { gpuUuids: [...UUIDS].sort() },
  });
});

it('v2: the order of the UUIDs does not matter, which they are does', () => {
  const of = (...gpu_uuids: readonly string[]) =>
    toHex(bindingFrom(good('lium-ssh-v2', { gpu_uuids })).reportData);
  const [a = '', b = ''] = UUIDS;
  expect(of(b, a)).toBe(of(a, b));
  expect(new Set([of(a, b), of(a), of(b), of()]).size).toBe(4);
});

describe('refuses', () => {
  it.each([
    {
      name: 'a host key that is none',
      change: { ssh_host_key: 'ssh-ed25519 AAAA' },
      at: 'ssh_host_key',
    },
    {
      name: 'a line break behind it',
      change: { ssh_host_key: `${ED25519_LINE}\n` },
      at: 'ssh_host_key',
    },
    { name: 'a nonce of 16 bytes', change: { nonce: NONCE.slice(32) }, at: 'nonce' },
    { name: 'two UUIDs in one', change: { gpu_uuids: [UUIDS.join(',')] }, at: 'gpu_uuids[0]' },
    { name: 'an empty UUID', change: { gpu_uuids: ['GPU-1', ''] }, at: 'gpu_uuids[1]' },
    { name: 'a UUID with a space', change: { gpu_uuids: ['GPU-1 '] }, at: 'gpu_uuids[0]' },
    { name: 'a UUID that is a number', change: { gpu_uuids: [1] }, at: 'gpu_uuids[0]' },
    { name: 'a UUID twice', change: { gpu_uuids: ['GPU-1', 'GPU-1'] }, at: 'gpu_uuids' },
    {
      name: '65 UUIDs',
      change: { gpu_uuids: Array.from({ length: 65 }, (_, i) => `GPU-${i}`) },
      at: 'gpu_uuids',
    },
  ])('$name', ({ change, at }) => {
    const fault = faultOf(() => bindingFrom(good('lium-ssh-v2', change)));
    expect(fault).toMatchObject({ code: 'malformed' });
    expect(fault.at.startsWith(`binding.${at}`)).toBe(true);
  });

  it('v1: UUIDs', () => {
    const fault = faultOf(() => bindingFrom(good('lium-ssh-v1', { gpu_uuids: UUIDS })));
    expect(fault).toMatchObject({ code: 'malformed', at: 'binding' });
  });
});
