import { generateKeyPairSync, sign } from 'node:crypto';
import { ml_dsa44 } from '@noble/post-quantum/ml-dsa.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import type { CryptoPort } from '../../../src/core/crypto/port.ts';
import { implementations } from '../../support/implementations.ts';
import { asView } from '../../support/view.ts';

const message = utf8('subtree/v1');
const { publicKey: point, secretKey } = ml_dsa44.keygen(new Uint8Array(32).fill(7));
const signature = ml_dsa44.sign(message, secretKey);

function verify(crypto: CryptoPort, key: Uint8Array, m: Uint8Array, s: Uint8Array) {
  const imported = crypto.importMlDsa44(key);
  return imported && crypto.verifyMlDsa44(imported, m, s);
}

describe.each(implementations)('%s', (_, crypto) => {
  it('takes a signature of noble’s', () => {
    expect(verify(crypto, asView(point), asView(message), asView(signature))).toBe(true);
  });

  it('takes a signature of OpenSSL’s', () => {
    const pair = generateKeyPairSync('ml-dsa-44');
    const spki = pair.publicKey.export({ format: 'der', type: 'spki' });
    const made = sign(null, message, pair.privateKey);
    expect(verify(crypto, new Uint8Array(spki.subarray(-1312)), message, made)).toBe(true);
  });

  it.each([
    { name: 'another message', m: utf8('subtree/v2'), s: signature },
    { name: 'a signature that is a byte short', m: message, s: signature.subarray(1) },
    { name: 'a signature with a tail', m: message, s: Uint8Array.of(...signature, 0) },
    { name: 'no signature', m: message, s: new Uint8Array() },
    { name: 'zeros', m: message, s: new Uint8Array(2420) },
    {
      name: 'a signature under a context',
      m: message,
      s: ml_dsa44.sign(message, secretKey, { context: utf8('c') }),
    },
  ])('refuses $name', ({ m, s }) => {
    expect(verify(crypto, point, m, s)).toBe(false);
  });

  it('refuses another key, and what is none', () => {
    const other = ml_dsa44.keygen(new Uint8Array(32).fill(8)).publicKey;
    expect(verify(crypto, other, message, signature)).toBe(false);
    for (const length of [0, 1311, 1313]) {
      expect(crypto.importMlDsa44(new Uint8Array(length))).toBeUndefined();
    }
  });

  it('keeps the key it was given, whatever becomes of the bytes', () => {
    const bytes = new Uint8Array(point);
    const key = crypto.importMlDsa44(bytes);
    bytes.fill(0);
    expect(key && crypto.verifyMlDsa44(key, message, signature)).toBe(true);
  });

  it('refuses a signature with any bit turned', () => {
    const bit = fc.nat(2420 * 8 - 1);
    fc.assert(
      fc.property(bit, (at) => {
        const byte = signature[at >> 3] ?? 0;
        const broken = signature.with(at >> 3, byte ^ (1 << (at & 7)));
        expect(verify(crypto, point, message, broken)).toBe(false);
      }),
      { numRuns: 60 },
    );
  });
});
