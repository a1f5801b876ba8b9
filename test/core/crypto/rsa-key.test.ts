import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { rsaPublicKeyInfo } from '../../../src/core/crypto/rsa.ts';
import { hex } from '../../support/hex.ts';
import { implementations } from '../../support/implementations.ts';
import { digestInfo, pkcs1Block, rsaPower } from '../../support/rsa.ts';
import { RSA_2048, RSA_4096 } from '../../support/rsa-keys.ts';
import { asView } from '../../support/view.ts';

const { modulus, exponent } = RSA_2048;

/** Nobody's modulus: whole bytes, odd, and as long as asked. */
function odd(bytes: number, first = 0x80): Uint8Array {
  return new Uint8Array(bytes).fill(0x5b).with(0, first);
}

describe.each(implementations)('%s', (_, crypto) => {
  it.each([
    ['2048 bits', RSA_2048.modulus, exponent],
    ['4096 bits', RSA_4096.modulus, exponent],
    ['2056 bits', odd(257), exponent],
    ['8192 bits', odd(1024), exponent],
    ['an exponent of 3 bytes', modulus, hex('010003')],
    ['an exponent of 4 bytes', modulus, hex('ffffffff')],
  ])('imports %s', (_name, n, e) => {
    expect(crypto.importRsa(n, e)).toBeDefined();
  });

  it.each([
    ['no modulus', new Uint8Array(), exponent],
    ['1024 bits', odd(128), exponent],
    ['2040 bits', odd(255), exponent],
    ['2047 bits', odd(256, 0x7f), exponent],
    ['2055 bits', odd(257, 0x7f), exponent],
    ['8193 bits in 1025 bytes', odd(1025, 0x01), exponent],
    ['8200 bits', odd(1025), exponent],
    ['100,000 bytes', odd(100_000), exponent],
    ['a zero byte before the modulus', Uint8Array.of(0, ...modulus), exponent],
    ['an even modulus', modulus.with(-1, 0x5a), exponent],
    ['a modulus of zeros', new Uint8Array(256), exponent],
    ['no exponent', modulus, new Uint8Array()],
    ['e = 0', modulus, hex('00')],
    ['e = 1', modulus, hex('01')],
    ['e = 3', modulus, hex('03')],
    ['e = 17', modulus, hex('11')],
    ['e = 65535', modulus, hex('ffff')],
    ['e = 65536, which is even', modulus, hex('010000')],
    ['e = 1 with zeros in front', modulus, hex('000001')],
    ['e = 65537 with a zero in front', modulus, hex('00010001')],
    ['e of 5 bytes', modulus, hex('0100000001')],
    ['e as long as the modulus', modulus, odd(256)],
    ['modulus and exponent exchanged', exponent, modulus],
  ])('does not import %s', (_name, n, e) => {
    expect(crypto.importRsa(n, e)).toBeUndefined();
  });

  it('imports out of larger buffers, and verifies with what it imported', () => {
    const message = utf8('message');
    const signature = rsaPower(RSA_2048, pkcs1Block(256, digestInfo(message)));
    const key = crypto.importRsa(asView(modulus), asView(exponent));
    expect(key && crypto.verifyRsaPkcs1Sha256(key, message, signature)).toBe(true);
  });

  it('holds on to the key, not to the bytes it came in', () => {
    const message = utf8('message');
    const signature = rsaPower(RSA_2048, pkcs1Block(256, digestInfo(message)));
    const [n, e] = [Uint8Array.from(modulus), Uint8Array.from(exponent)];
    const key = crypto.importRsa(n, e);
    n.fill(0);
    e.fill(0);
    expect(key && crypto.verifyRsaPkcs1Sha256(key, message, signature)).toBe(true);
  });
});

it.each([
  ['2048 bits', RSA_2048],
  ['4096 bits', RSA_4096],
])('writes a SubjectPublicKeyInfo as OpenSSL does: %s', (_name, key) => {
  const der = key.publicKey.export({ type: 'spki', format: 'der' });
  expect(rsaPublicKeyInfo(key.modulus, key.exponent)).toEqual(concatBytes(der));
});

it('writes an exponent with its highest bit set as a positive number', () => {
  const info = rsaPublicKeyInfo(modulus, hex('ffffffff'));
  expect(info.subarray(-7)).toEqual(hex('0205 00ffffffff'));
});
