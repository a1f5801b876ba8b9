import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { AEAD_KEY_SIZES, type AeadName } from '../../../src/core/crypto/aead-port.ts';
import type { CryptoPort } from '../../../src/core/crypto/port.ts';
import { hex } from '../../support/hex.ts';
import { implementations } from '../../support/implementations.ts';
import { asView } from '../../support/view.ts';

const names = Object.keys(AEAD_KEY_SIZES) as AeadName[];
const nonce = Uint8Array.from({ length: 12 }, (_, i) => i);
const aad = utf8('final');
const message = utf8('a prompt that stays private');

function keyOf(crypto: CryptoPort, name: AeadName, fill = 7) {
  const key = crypto.importAeadKey(name, new Uint8Array(AEAD_KEY_SIZES[name]).fill(fill));
  if (!key) throw new Error(`no key for ${name}`);
  return key;
}

describe.each(implementations)('%s', (_, crypto) => {
  it('gives the answer of the GCM specification, test case 15 cut to no associated data', () => {
    const key = crypto.importAeadKey('aes-256-gcm', new Uint8Array(32));
    const sealed = key && crypto.sealAead(key, new Uint8Array(12), hex(''), new Uint8Array(16), 0);
    expect(sealed && toHex(sealed)).toBe(
      'cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919',
    );
  });

  describe.each(names)('%s', (name) => {
    const key = keyOf(crypto, name);
    const sealed = crypto.sealAead(key, nonce, aad, message, 0);

    it('opens what it sealed, out of a larger buffer too', () => {
      expect(crypto.openAead(key, asView(nonce), asView(aad), asView(sealed))).toEqual(message);
      const empty = crypto.sealAead(key, nonce, aad, new Uint8Array(), 0);
      expect(crypto.openAead(key, nonce, aad, empty)).toEqual(new Uint8Array());
    });

    it('leaves room in front', () => {
      const roomy = crypto.sealAead(key, nonce, aad, message, 3);
      expect([...roomy.subarray(0, 3)]).toEqual([0, 0, 0]);
      expect(roomy.subarray(3)).toEqual(sealed);
    });

    it('is the same in every implementation', () => {
      for (const [, other] of implementations) {
        expect(other.sealAead(keyOf(other, name), nonce, aad, message, 0)).toEqual(sealed);
      }
    });

    it.each([
      { damage: 'another key', k: keyOf(crypto, name, 8), n: nonce, a: aad, s: sealed },
      { damage: 'another nonce', k: key, n: nonce.with(11, 0), a: aad, s: sealed },
      { damage: 'a short nonce', k: key, n: nonce.subarray(1), a: aad, s: sealed },
      { damage: 'other associated data', k: key, n: nonce, a: utf8('Final'), s: sealed },
      { damage: 'none of it', k: key, n: nonce, a: new Uint8Array(), s: sealed },
      { damage: 'a bit of the message', k: key, n: nonce, a: aad, s: sealed.with(0, 1) },
      { damage: 'a bit of the tag', k: key, n: nonce, a: aad, s: sealed.with(-1, 1) },
      { damage: 'a short tag', k: key, n: nonce, a: aad, s: sealed.subarray(0, -1) },
      { damage: 'less than a tag', k: key, n: nonce, a: aad, s: sealed.subarray(0, 15) },
      { damage: 'nothing', k: key, n: nonce, a: aad, s: new Uint8Array() },
    ])('refuses $damage', ({ k, n, a, s }) => {
      expect(crypto.openAead(k, n, a, s)).toBeUndefined();
    });

    it('takes no key and no nonce of another length', () => {
      const size = AEAD_KEY_SIZES[name];
      for (const length of [0, size - 1, size + 1]) {
        expect(crypto.importAeadKey(name, new Uint8Array(length))).toBeUndefined();
      }
      expect(() => crypto.sealAead(key, new Uint8Array(8), aad, message, 0)).toThrow(RangeError);
    });
  });
});
