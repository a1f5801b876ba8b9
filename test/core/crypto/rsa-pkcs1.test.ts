import { constants, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { sha256, sha384 } from '../../../src/core/crypto/node.ts';
import { TAG } from '../../../src/core/encoding/der.ts';
import { tlv } from '../../support/forge.ts';
import { hex } from '../../support/hex.ts';
import { implementations } from '../../support/implementations.ts';
import { digestInfo, pkcs1Block, plus, pssBlock, rsaPower } from '../../support/rsa.ts';
import { OTHER_RSA_2048, RSA_2048, RSA_4096, type RsaTestKey } from '../../support/rsa-keys.ts';
import { asView } from '../../support/view.ts';

const message = utf8('message');
/** This signature begins with a zero. */
const messageOfZero = utf8('message 172');

const SHA256 = '0609608648016503040201';
const info = digestInfo(message);
const digest = sha256(message);

/** Whatever block a test wants, under the private exponent. */
function signed(block: Uint8Array, key: RsaTestKey = RSA_2048): Uint8Array {
  return rsaPower(key, block);
}

/** A well-padded block around another DigestInfo. */
function around(other: Uint8Array): Uint8Array {
  return signed(pkcs1Block(256, other));
}

/** A right DigestInfo, with the parts before it and the filling behind it as said. */
function block(head: string, padding: Uint8Array, tail: Uint8Array = new Uint8Array()): Uint8Array {
  return signed(concatBytes(hex(head), padding, hex('00'), info, tail));
}

const ff = (length: number) => new Uint8Array(length).fill(0xff);
const room = 256 - info.length - 3;
const good = around(info);
const ofZero = signed(pkcs1Block(256, digestInfo(messageOfZero)));
const algorithm = (text: string) => digestInfo(message, { algorithm: hex(text) });

describe.each(implementations)('%s', (_, crypto) => {
  const verify = (m: Uint8Array, s: Uint8Array, key: RsaTestKey = RSA_2048) => {
    const imported = crypto.importRsa(key.modulus, key.exponent);
    return imported && crypto.verifyRsaPkcs1Sha256(imported, m, s);
  };

  it.each([
    ['2048 bits', RSA_2048],
    ['4096 bits', RSA_4096],
  ])('accepts what OpenSSL signs with a key of %s', (_name, key) => {
    const signature = Uint8Array.from(sign('sha256', message, key.privateKey));
    expect(signed(pkcs1Block(key.modulus.length, info), key)).toEqual(signature);
    expect(verify(message, signature, key)).toBe(true);
  });

  it.each([
    ['an empty message', utf8(''), around(digestInfo(utf8('')))],
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
    ['a flipped bit', message, good.with(0, (good[0] ?? 0) ^ 1)],
    ['zeros', message, new Uint8Array(256)],
    ['the number 1', message, new Uint8Array(256).with(255, 1)],
    ['ones', message, ff(256)],
    ['the modulus', message, RSA_2048.modulus],
    ['the number and the modulus', messageOfZero, plus(ofZero, RSA_2048.modulus)],
    ['a signature without its leading zero', messageOfZero, ofZero.subarray(1)],
    ['a zero byte in front', message, Uint8Array.of(0, ...good)],
    ['one byte short', message, good.subarray(0, -1)],
    ['one byte long', message, Uint8Array.of(...good, 0)],
    ['empty', message, new Uint8Array()],
    ['the block itself, not signed', message, pkcs1Block(256, info)],
    ['the signature of another key', message, signed(pkcs1Block(256, info), OTHER_RSA_2048)],
    ['a PSS signature', message, signed(pssBlock(256, message))],
    ['a PSS signature over SHA-256', message, pssSha256()],
    // Padding.
    [
      'garbage behind the DigestInfo, with 8 bytes of padding (Bleichenbacher 2006)',
      message,
      block('0001', ff(8), new Uint8Array(room - 8).fill(0x5a)),
    ],
    [
      'zeros behind the DigestInfo, with 8 bytes of padding',
      message,
      block('0001', ff(8), new Uint8Array(room - 8)),
    ],
    ['one byte behind the DigestInfo', message, block('0001', ff(room - 1), hex('00'))],
    ['padding of 7 bytes', message, block('0001', ff(7), new Uint8Array(room - 7))],
    ['no padding', message, block('0001', ff(0), new Uint8Array(room))],
    ['a byte other than ff in the padding', message, block('0001', ff(room).with(100, 0xfe))],
    ['a zero in the padding', message, block('0001', ff(room).with(20, 0x00))],
    ['block type 0', message, block('0000', new Uint8Array(room))],
    ['block type 0 with padding of ff', message, block('0000', ff(room))],
    ['block type 2', message, block('0002', ff(room))],
    ['a first byte other than 0', message, block('0101', ff(room))],
    ['no zero behind the padding', message, signed(concatBytes(hex('0001'), ff(room + 1), info))],
    [
      'a DigestInfo one byte early, zeros before it',
      message,
      block('0001', ff(room - 2).with(-1, 0), hex('0000')),
    ],
    // DigestInfo.
    ['an algorithm without NULL', message, around(algorithm(`300b ${SHA256}`))],
    [
      'an algorithm with NULL that has content',
      message,
      around(algorithm(`300f ${SHA256} 05020000`)),
    ],
    [
      'an algorithm with garbage for NULL',
      message,
      around(algorithm(`301d ${SHA256} 0410 ${'5a'.repeat(16)}`)),
    ],
    [
      'an algorithm with something behind NULL',
      message,
      around(algorithm(`300f ${SHA256} 0500 0500`)),
    ],
    [
      'an algorithm with a length in the long form',
      message,
      around(algorithm(`30810d ${SHA256} 0500`)),
    ],
    [
      'an OID that is not minimal',
      message,
      around(algorithm(`300e 060a80608648016503040201 0500`)),
    ],
    [
      'the OID of SHA-384 over a digest of SHA-256',
      message,
      around(algorithm('300d 0609608648016503040202 0500')),
    ],
    [
      'the OID of SHA-1 over a digest of SHA-256',
      message,
      around(algorithm('3009 06052b0e03021a 0500')),
    ],
    [
      'a third part',
      message,
      around(
        tlv(TAG.sequence, hex(`300d ${SHA256} 0500`), tlv(TAG.octetString, digest), hex('0500')),
      ),
    ],
    [
      'an outer length in the long form',
      message,
      around(concatBytes(hex('308131'), info.subarray(2))),
    ],
    [
      'an indefinite outer length',
      message,
      around(concatBytes(hex('3080'), info.subarray(2), hex('0000'))),
    ],
    [
      'a digest with a byte behind',
      message,
      around(digestInfo(message, { digest: Uint8Array.of(...digest, 0) })),
    ],
    [
      'a digest of 31 bytes',
      message,
      around(digestInfo(message, { digest: digest.subarray(0, 31) })),
    ],
    ['an empty digest', message, around(digestInfo(message, { digest: new Uint8Array() }))],
    ['a digest of SHA-384', message, around(digestInfo(message, { digest: sha384(message) }))],
    ['the digest alone', message, around(digest)],
    ['the message alone', message, around(message)],
    ['nothing', message, around(new Uint8Array())],
    ['SHA-384, by OpenSSL', message, Uint8Array.from(sign('sha384', message, RSA_2048.privateKey))],
    ['SHA-1, by OpenSSL', message, Uint8Array.from(sign('sha1', message, RSA_2048.privateKey))],
  ])('refuses %s', (_name, m, signature) => {
    expect(verify(m, signature)).toBe(false);
  });

  it('refuses the signature of a shorter or longer key', () => {
    expect(verify(message, good, RSA_4096)).toBe(false);
    expect(verify(message, concatBytes(new Uint8Array(256), good), RSA_4096)).toBe(false);
    expect(verify(message, signed(pkcs1Block(512, info), RSA_4096))).toBe(false);
  });
});

function pssSha256(): Uint8Array {
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  const made = sign('sha256', message, { key: RSA_2048.privateKey, padding, saltLength: 32 });
  return Uint8Array.from(made);
}
