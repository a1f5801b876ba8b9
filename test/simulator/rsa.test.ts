import { constants, createPublicKey, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { deriveBytes } from '../../src/simulator/keys.ts';
import { deriveRsaKey } from '../../src/simulator/rsa.ts';

const key = deriveRsaKey('test', 'ca');
const publicKey = createPublicKey({
  key: Buffer.from(key.publicKeyInfo),
  format: 'der',
  type: 'spki',
});
const padding = constants.RSA_PKCS1_PSS_PADDING;
const MESSAGES = Array.from({ length: 16 }, (_, i) => deriveBytes('test', `message ${i}`, 50 * i));

describe('OpenSSL agrees with RSA', () => {
  it.each([
    { hash: 'sha384', saltLength: 48 },
    { hash: 'sha384', saltLength: 32 },
    { hash: 'sha256', saltLength: 32 },
    { hash: 'sha256', saltLength: 48 },
  ] as const)('PSS, $hash, salt of $saltLength', (scheme) => {
    const { hash, saltLength } = scheme;
    const good = MESSAGES.map((message) =>
      verify(hash, message, { key: publicKey, padding, saltLength }, key.signPss(message, scheme)),
    );
    expect(good).toEqual(MESSAGES.map(() => true));
    const [message = new Uint8Array()] = MESSAGES;
    const other = { key: publicKey, padding, saltLength: saltLength - 1 };
    expect(verify(hash, message, other, key.signPss(message, scheme))).toBe(false);
  });

  it('PKCS#1 v1.5', () => {
    const [message = new Uint8Array()] = MESSAGES;
    expect(verify('sha384', message, publicKey, key.signPkcs1Sha384(message))).toBe(true);
  });
});

it('has 4096 bits, the same for one seed and label, others for others', () => {
  expect(publicKey.asymmetricKeyDetails).toEqual({ modulusLength: 4096, publicExponent: 65537n });
  expect(deriveRsaKey('test', 'ca')).toBe(key);
  expect(deriveRsaKey('test', 'other').publicKeyInfo).not.toEqual(key.publicKeyInfo);
  expect(deriveRsaKey('other', 'ca').publicKeyInfo).not.toEqual(key.publicKeyInfo);
});
