import { constants, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { implementations } from '../../support/implementations.ts';
import {
  digestInfo,
  type PssWishes,
  pkcs1Block,
  plus,
  pssBlock,
  rsaPower,
} from '../../support/rsa.ts';
import { OTHER_RSA_2048, RSA_2048, RSA_4096, type RsaTestKey } from '../../support/rsa-keys.ts';
import { asView } from '../../support/view.ts';

const message = utf8('message');
/** With the salt that {@link pssBlock} has unless told, this signature begins with a zero. */
const messageOfZero = utf8('message 251');

/** RSASSA-PSS by hand: the block as wished, under the key's private exponent. */
function byHand(wishes: PssWishes = {}, m = message, key = RSA_2048): Uint8Array {
  return rsaPower(key, pssBlock(key.modulus.length, m, wishes));
}

/** RSASSA-PSS by OpenSSL. */
function byLibrary(hash: string, saltLength: number, key = RSA_2048): Uint8Array {
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  return Uint8Array.from(sign(hash, message, { key: key.privateKey, padding, saltLength }));
}

const salt = (length: number) => new Uint8Array(length).fill(0xa5);
const good = byHand();
const ofZero = byHand({}, messageOfZero);

describe.each(implementations)('%s', (_, crypto) => {
  const verify = (m: Uint8Array, s: Uint8Array, key: RsaTestKey = RSA_2048) => {
    const imported = crypto.importRsa(key.modulus, key.exponent);
    return imported && crypto.verifyRsaPssSha384(imported, m, s);
  };

  it.each([
    ['2048 bits', RSA_2048],
    ['4096 bits', RSA_4096],
  ])('accepts what OpenSSL signs with a key of %s', (_name, key) => {
    expect(verify(message, byLibrary('sha384', 48, key), key)).toBe(true);
  });

  it.each([
    ['what was signed by hand', message, good],
    ['a salt of zeros', message, byHand({ salt: new Uint8Array(48) })],
    ['an empty message', utf8(''), byHand({}, utf8(''))],
    ['message and signature out of larger buffers', asView(message), asView(good)],
    ['a signature that begins with a zero', messageOfZero, ofZero],
  ])('accepts %s', (_name, m, signature) => {
    expect(verify(m, signature)).toBe(true);
  });

  it('the test has a signature that begins with a zero', () => {
    expect([ofZero[0], ofZero.length]).toEqual([0, 256]);
  });

  it.each([
    ['another message', utf8('Message'), good],
    ['a flipped bit', message, good.with(-1, (good.at(-1) ?? 0) ^ 1)],
    ['zeros', message, new Uint8Array(256)],
    ['the number 1', message, new Uint8Array(256).with(255, 1)],
    ['ones', message, new Uint8Array(256).fill(0xff)],
    ['the modulus', message, RSA_2048.modulus],
    ['the modulus less 1', message, RSA_2048.modulus.with(-1, (RSA_2048.modulus.at(-1) ?? 0) ^ 1)],
    ['the number and the modulus', messageOfZero, plus(ofZero, RSA_2048.modulus)],
    ['a signature without its leading zero', messageOfZero, ofZero.subarray(1)],
    ['a zero byte in front', message, Uint8Array.of(0, ...good)],
    ['one byte short', message, good.subarray(0, -1)],
    ['one byte long', message, Uint8Array.of(...good, 0)],
    ['twice', message, concatBytes(good, good)],
    ['empty', message, new Uint8Array()],
    ['the signature of another key', message, byHand({}, message, OTHER_RSA_2048)],
    ['the signature of a longer key', message, byHand({}, message, RSA_4096)],
    // Salts.
    ['no salt', message, byHand({ salt: salt(0) })],
    ['a salt of 20 bytes', message, byHand({ salt: salt(20) })],
    ['a salt of 32 bytes', message, byHand({ salt: salt(32) })],
    ['a salt of 47 bytes', message, byHand({ salt: salt(47) })],
    ['a salt of 49 bytes', message, byHand({ salt: salt(49) })],
    ['the longest salt', message, byHand({ salt: salt(256 - 48 - 2) })],
    ['a salt of 32 bytes, by OpenSSL', message, byLibrary('sha384', 32)],
    // Hashes.
    ['SHA-256', message, byHand({ hash: 'sha256' })],
    ['SHA-256, by OpenSSL', message, byLibrary('sha256', 48)],
    ['SHA-512', message, byHand({ hash: 'sha512' })],
    ['SHA-1', message, byHand({ hash: 'sha1' })],
    ['MGF1 with SHA-1', message, byHand({ maskHash: 'sha1' })],
    ['MGF1 with SHA-256', message, byHand({ maskHash: 'sha256' })],
    ['MGF1 with SHA-512', message, byHand({ maskHash: 'sha512' })],
    // The block.
    ['another trailer', message, byHand({ trailer: 0xcc })],
    ['no separator', message, byHand({ separator: 0 })],
    ['another separator', message, byHand({ separator: 2 })],
    ['something before the separator', message, byHand({ firstZero: 1 })],
    ['a bit above the encoded message', message, blockWithHighBit()],
    ['a PKCS #1 v1.5 signature', message, rsaPower(RSA_2048, pkcs1Block(256, digestInfo(message)))],
    [
      'a PKCS #1 v1.5 signature over SHA-384',
      message,
      Uint8Array.from(sign('sha384', message, RSA_2048.privateKey)),
    ],
  ])('refuses %s', (_name, m, signature) => {
    expect(verify(m, signature)).toBe(false);
  });

  it('refuses the signature of a shorter key', () => {
    expect(verify(message, good, RSA_4096)).toBe(false);
    expect(verify(message, concatBytes(new Uint8Array(256), good), RSA_4096)).toBe(false);
  });

  it('verifies with one key again and again, whatever was refused in between', () => {
    const imported = crypto.importRsa(RSA_2048.modulus, RSA_2048.exponent);
    const answers = [good, ofZero, good, new Uint8Array(3), good].map(
      (signature) => imported && crypto.verifyRsaPssSha384(imported, message, signature),
    );
    expect(answers).toEqual([true, false, true, false, true]);
  });
});

/** The first block with that bit which is still below the modulus. */
function blockWithHighBit(): Uint8Array {
  for (let i = 0; ; i++) {
    const block = pssBlock(256, message, { salt: salt(48).with(0, i) });
    const high = block.with(0, (block[0] ?? 0) | 0x80);
    if (Buffer.compare(high, RSA_2048.modulus) < 0) return rsaPower(RSA_2048, high);
  }
}
