import { describe, expect, it } from 'vitest';
import { toHex } from '../../../../src/core/bytes/hex.ts';
import {
  base64,
  bindingFrom,
  CERTIFICATE_SPKI,
  E2E_KEY,
  good,
  NONCE,
  NONCE_BYTES,
  sha256,
} from '../../../support/binding.ts';
import { faultOf } from '../../../support/fault-of.ts';

const spki = sha256(CERTIFICATE_SPKI).toString('hex');

it('validator: the nonce itself, then the hash of the TLS key', () => {
  const binding = bindingFrom(good('chutes-validator'));
  expect(toHex(binding.reportData)).toBe(NONCE + spki);
  expect(binding).toMatchObject({
    deviceNonce: new Uint8Array(NONCE_BYTES),
    nonce: new Uint8Array(NONCE_BYTES),
    binds: ['tls-spki'],
    claims: { tlsSpkiSha256: spki },
  });
});

it('instance: the hash of nonce and key as texts, which the GPUs sign', () => {
  const binding = bindingFrom(good('chutes-instance'));
  const slot = sha256(NONCE + E2E_KEY);
  expect(toHex(binding.reportData)).toBe(slot.toString('hex') + spki);
  expect(binding).toMatchObject({
    deviceNonce: new Uint8Array(slot),
    nonce: new Uint8Array(NONCE_BYTES),
    binds: ['e2e-key', 'tls-spki'],
    claims: {
      e2eKeySha256: sha256(Buffer.from(E2E_KEY, 'base64')).toString('hex'),
      tlsSpkiSha256: spki,
    },
  });
});

it('says that the code is in no register, and that one slot serves every use', () => {
  for (const recipe of ['chutes-validator', 'chutes-instance'] as const) {
    const { notProven } = bindingFrom(good(recipe));
    expect(notProven).toEqual(['domain-separation', 'device-binding', 'workload']);
  }
});

describe('refuses', () => {
  const key = Buffer.from(E2E_KEY, 'base64');
  it.each([
    { name: 'a nonce in upper case', change: { nonce: NONCE.toUpperCase() }, at: 'nonce' },
    { name: 'a nonce with 0x', change: { nonce: `0x${NONCE.slice(2)}` }, at: 'nonce' },
    { name: 'a nonce with a line break', change: { nonce: `${NONCE}\n` }, at: 'nonce' },
    {
      name: 'a nonce that lost a digit to the key',
      change: { nonce: NONCE.slice(1) },
      at: 'nonce',
    },
    {
      name: 'a key of 1183 bytes',
      change: { e2e_pubkey: base64(key.subarray(1)) },
      at: 'e2e_pubkey',
    },
    {
      name: 'a key of 1185 bytes in as many characters',
      change: { e2e_pubkey: base64(new Uint8Array(1185)) },
      at: 'e2e_pubkey',
    },
    {
      name: 'a key with bits behind its end, which is another text',
      change: { e2e_pubkey: `${E2E_KEY.slice(0, -2)}${next(E2E_KEY.at(-2))}=` },
      at: 'e2e_pubkey',
    },
    {
      name: 'a key in base64url',
      change: { e2e_pubkey: E2E_KEY.replaceAll('/', '_').replaceAll('+', '-') },
      at: 'e2e_pubkey',
    },
    {
      name: 'a key without its padding',
      change: { e2e_pubkey: E2E_KEY.slice(0, -1) },
      at: 'e2e_pubkey',
    },
    { name: 'a certificate that is none', change: { certificate: 'AAAA' }, at: 'certificate' },
  ])('$name', ({ change, at }) => {
    const fault = faultOf(() => bindingFrom(good('chutes-instance', change)));
    expect(fault.code).toBe('malformed');
    expect(fault.at).toMatch(new RegExp(`^binding\\.${at}`));
  });

  it('validator: a nonce in upper case', () => {
    const wrong = good('chutes-validator', { nonce: NONCE.toUpperCase() });
    expect(faultOf(() => bindingFrom(wrong))).toMatchObject({ at: 'binding.nonce' });
  });
});

/** The digit with the lowest bit set, which is none of the key's. */
function next(digit = 'A'): string {
  return String.fromCharCode(digit.charCodeAt(0) + 1);
}
