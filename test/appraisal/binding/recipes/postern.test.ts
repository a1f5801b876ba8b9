import { describe, expect, it } from 'vitest';
import { keysetDigest } from '../../../../src/appraisal/binding/keyset.ts';
import { gpuNonceFor, reportDataFor } from '../../../../src/appraisal/binding/transcript.ts';
import { toHex } from '../../../../src/core/bytes/hex.ts';
import { base64, bindingFrom, good, NONCE, NONCE_BYTES } from '../../../support/binding.ts';
import { faultOf } from '../../../support/fault-of.ts';
import { keysetBytes } from '../../../support/keyset.ts';

const devices = new TextEncoder().encode('[{"evidence":"…"}]');
const keyset = keysetBytes();
const challenge = { purpose: 'client', nonce: NONCE_BYTES, keyset };

it('is the transcript of challenge, keyset and devices', () => {
  const binding = bindingFrom(good('postern-v1'), devices);
  const deviceEvidence = devices;
  expect(toHex(binding.reportData)).toBe(toHex(reportDataFor({ ...challenge, deviceEvidence })));
  expect(binding).toMatchObject({
    deviceNonce: gpuNonceFor(challenge),
    nonce: new Uint8Array(NONCE_BYTES),
    purpose: 'client',
    binds: ['purpose', 'keyset', 'device-evidence'],
    notProven: [],
    claims: { keysetSha384: toHex(keysetDigest(keyset)), deployment: 'pool-a' },
  });
  expect(binding.keyset?.sha384).toEqual(keysetDigest(keyset));
});

it('hashes the keyset as it came, not as it reads', () => {
  const spaced = Uint8Array.of(...keyset, 0x20);
  const other = bindingFrom(good('postern-v1', { keyset: base64(spaced) }));
  expect(other.reportData).not.toEqual(bindingFrom(good('postern-v1')).reportData);
  expect(other.deviceNonce).not.toEqual(bindingFrom(good('postern-v1')).deviceNonce);
});

it('takes a nonce in hex of either case for the same', () => {
  const upper = bindingFrom(good('postern-v1', { nonce: NONCE.toUpperCase() }));
  expect(upper).toEqual(bindingFrom(good('postern-v1')));
});

describe('refuses', () => {
  it.each([
    { name: 'a purpose of 256 bytes', change: { purpose: 'p'.repeat(256) }, at: 'binding.purpose' },
    { name: 'a line break in the purpose', change: { purpose: 'a\nb' }, at: 'binding.purpose' },
    { name: 'half a character in it', change: { purpose: '\udc00' }, at: 'binding.purpose' },
    { name: 'a nonce of 31 bytes', change: { nonce: NONCE.slice(2) }, at: 'binding.nonce' },
    { name: 'a nonce that is no hex', change: { nonce: 'g'.repeat(64) }, at: 'binding.nonce' },
    {
      name: 'a keyset in base64url',
      change: { keyset: Buffer.from(Uint8Array.of(0xfb, 0xff)).toString('base64url') },
      at: 'binding.keyset',
    },
    {
      name: 'a keyset of more than 64 KiB',
      change: { keyset: base64(new Uint8Array(65_537).fill(0x20)) },
      at: 'binding.keyset',
    },
    {
      name: 'a keyset that is none',
      change: { keyset: base64(keysetBytes({ v: 2 })) },
      at: 'keyset.v',
    },
  ])('$name', ({ change, at }) => {
    const fault = faultOf(() => bindingFrom(good('postern-v1', change)));
    expect(fault).toMatchObject({ code: 'malformed', at });
  });
});
