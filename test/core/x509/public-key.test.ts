import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { TAG } from '../../../src/core/encoding/der.ts';
import { parsePublicKeyInfo } from '../../../src/core/x509/signed.ts';
import { faultOf } from '../../support/fault-of.ts';
import { type Change, followedBy, forge, remove, tlv, twice } from '../../support/forge.ts';
import { hex } from '../../support/hex.ts';
import { party } from '../../support/pki.ts';
import { RSA_2048, RSA_4096, type RsaTestKey } from '../../support/rsa-keys.ts';
import { asView } from '../../support/view.ts';

const read = (der: Uint8Array) => parsePublicKeyInfo(der, 'key');

async function curveKey(curve: 'P-256' | 'P-384'): Promise<Uint8Array> {
  const { keys } = await party('Somebody', curve);
  return new Uint8Array(await crypto.subtle.exportKey('spki', keys.publicKey));
}

function rsaKey({ publicKey }: RsaTestKey): Uint8Array {
  return concatBytes(publicKey.export({ type: 'spki', format: 'der' }));
}

const p256 = await curveKey('P-256');
const p384 = await curveKey('P-384');
const rsa = rsaKey(RSA_2048);

it.each([
  ['P-256', p256],
  ['P-384', p384],
  ['RSA-2048', rsa],
  ['RSA-4096', rsaKey(RSA_4096)],
])('reads a key of kind %s, and holds all of its bytes', (kind, der) => {
  const info = read(asView(der));
  expect(info.kind).toBe(kind);
  expect(info.der).toEqual(der);
});

/** Paths below a key: 0 algorithm { 0 OID, 1 curve or NULL }, 1 BIT STRING. */
type Row = readonly [name: string, path: number[], change: Change, at: string, detail: string];

function refuses(golden: Uint8Array, rows: readonly Row[]): void {
  it.each(rows)('%s', (_name, path, change, at, detail) => {
    const fault = faultOf(() => read(asView(forge(golden, path, change))));
    expect(fault).toMatchObject({ code: 'malformed', at: `key${at}` });
    expect(fault.detail).toContain(detail);
  });

  it('every prefix', () => {
    for (let length = 0; length < golden.length; length++) {
      expect(faultOf(() => read(golden.subarray(0, length))).code).toBe('malformed');
    }
  });
}

const CURVE_OF = { p256: hex('06082a8648ce3d030107'), p384: hex('06052b81040022') };

describe('a P-384 key: refuses', () => {
  refuses(p384, [
    ['a tail', [], followedBy('00'), '', '1 bytes after the last'],
    [
      'a point beside the curve',
      [1],
      (bits) => bits.with(-1, (bits.at(-1) ?? 0) ^ 1),
      '',
      'not on P-384',
    ],
    ['the hybrid form', [1], (bits) => bits.with(3, 0x06), '', 'uncompressed P-384'],
    [
      'a compressed point',
      [1],
      (bits) => tlv(TAG.bitString, hex('0002'), bits.subarray(4, 52)),
      '',
      'uncompressed P-384',
    ],
    [
      'a point and a byte',
      [1],
      (bits) => tlv(TAG.bitString, bits.subarray(2), hex('00')),
      '',
      'uncompressed P-384',
    ],
    ['the point at infinity', [1], () => hex('03020000'), '', 'uncompressed P-384'],
    ['no point', [1], () => hex('030100'), '', 'uncompressed P-384'],
    ['a point of P-256', [1], () => p256.subarray(-68), '', 'uncompressed P-384'],
    ['the name of P-256', [0, 1], () => CURVE_OF.p256, '', 'uncompressed P-256'],
    ['the name of P-521', [0, 1], () => hex('06052b81040023'), '', 'got 1.3.132.0.35'],
    ['the name of secp256k1', [0, 1], () => hex('06052b8104000a'), '', 'got 1.3.132.0.10'],
    [
      'the OID of ECDH for that of the key',
      [0, 0],
      () => hex('06052b8104010c'),
      '.algorithm',
      'after the last',
    ],
    ['no curve', [0, 1], remove, '.algorithm.namedCurve', 'got the end'],
    ['NULL for the curve', [0, 1], () => hex('0500'), '.algorithm.namedCurve', 'want tag 0x6'],
    ['NULL behind the curve', [0, 1], followedBy('0500'), '.algorithm', 'after the last'],
    [
      'unused bits',
      [1],
      () => tlv(TAG.bitString, hex('0104'), new Uint8Array(96)),
      '',
      'unused bits',
    ],
  ]);

  it('the name of P-384 on a point of P-256', () => {
    const der = forge(p256, [0, 1], () => CURVE_OF.p384);
    expect(faultOf(() => read(der)).detail).toBe('want an uncompressed P-384 point');
  });
});

const MODULUS = tlv(TAG.integer, hex('00'), RSA_2048.modulus);
const EXPONENT = tlv(TAG.integer, RSA_2048.exponent);

/** The BIT STRING with other bytes in the place of RSAPublicKey. */
function bits(...content: readonly Uint8Array[]): Change {
  return () => tlv(TAG.bitString, hex('00'), ...content);
}

/** RSAPublicKey of these numbers. */
function numbers(...parts: readonly Uint8Array[]): Change {
  return bits(tlv(TAG.sequence, ...parts));
}

/** An odd modulus of so many bytes, as a positive INTEGER. */
function modulus(bytes: number, first = 0x80): Uint8Array {
  const magnitude = new Uint8Array(bytes).fill(0x5b).with(0, first);
  return tlv(TAG.integer, first >= 0x80 ? hex('00') : hex(''), magnitude);
}

describe('an RSA key: refuses', () => {
  it('nothing about the key that all the damage below is done to', () => {
    expect(forge(rsa, [1], numbers(MODULUS, EXPONENT))).toEqual(rsa);
  });

  refuses(rsa, [
    ['a tail', [], followedBy('00'), '', '1 bytes after the last'],
    ['something behind the key', [1], followedBy('0500'), '', 'after the last'],
    ['no NULL', [0, 1], remove, '.algorithm.parameters', 'got the end'],
    ['NULL with content', [0, 1], () => hex('050100'), '.algorithm', 'want NULL'],
    ['NULL twice', [0, 1], twice, '.algorithm', 'after the last'],
    ['an OID for NULL', [0, 1], () => CURVE_OF.p256, '.algorithm.parameters', 'want tag 0x5'],
    [
      'the OID of PSS, without parameters',
      [0],
      () => hex('300b06092a864886f70d01010a'),
      '',
      'got 1.2.840.113549.1.1.10',
    ],
    ['the OID of PSS', [0, 0], () => hex('06092a864886f70d01010a'), '.algorithm', 'after the last'],
    [
      'the OID of an elliptic key',
      [0, 0],
      () => hex('06072a8648ce3d0201'),
      '.algorithm.namedCurve',
      'want tag 0x6',
    ],
    ['unused bits', [1], () => tlv(TAG.bitString, hex('01'), hex('3000')), '', 'unused bits'],
    ['no key', [1], bits(), '.sequence', 'got the end'],
    ['a key that is no SEQUENCE', [1], bits(MODULUS, EXPONENT), '.sequence', 'want tag 0x30'],
    [
      'a tail in the key',
      [1],
      bits(tlv(TAG.sequence, MODULUS, EXPONENT), hex('00')),
      '',
      '1 bytes after the last',
    ],
    ['a third number', [1], numbers(MODULUS, EXPONENT, EXPONENT), '', 'after the last'],
    ['no exponent', [1], numbers(MODULUS), '.publicExponent', 'got the end'],
    ['no numbers', [1], numbers(), '.modulus', 'got the end'],
    [
      'a negative modulus',
      [1],
      numbers(tlv(TAG.integer, RSA_2048.modulus), EXPONENT),
      '.modulus',
      'want a number above 0',
    ],
    [
      'a modulus with a zero too many',
      [1],
      numbers(tlv(TAG.integer, hex('0000'), RSA_2048.modulus), EXPONENT),
      '.modulus',
      'not minimal',
    ],
    ['an empty modulus', [1], numbers(hex('0200'), EXPONENT), '.modulus', 'empty INTEGER'],
    ['a modulus of 0', [1], numbers(hex('020100'), EXPONENT), '', 'no RSA key to rely on: 0 bits'],
    ['a modulus of 1', [1], numbers(hex('020101'), EXPONENT), '', 'no RSA key to rely on: 1 bits'],
    [
      'an even modulus',
      [1],
      numbers(tlv(TAG.integer, hex('00'), RSA_2048.modulus.with(-1, 2)), EXPONENT),
      '',
      'no RSA key to rely on',
    ],
    ['1024 bits', [1], numbers(modulus(128), EXPONENT), '', 'no RSA key to rely on: 1024 bits'],
    ['2047 bits', [1], numbers(modulus(256, 0x7f), EXPONENT), '', 'no RSA key to rely on'],
    ['8200 bits', [1], numbers(modulus(1025), EXPONENT), '', 'no RSA key to rely on: 8200 bits'],
    ['60,000 bytes', [1], numbers(modulus(60_000), EXPONENT), '', 'no RSA key to rely on'],
    [
      'a negative exponent',
      [1],
      numbers(MODULUS, hex('0203ff0001')),
      '.publicExponent',
      'want a number above 0',
    ],
    ['an empty exponent', [1], numbers(MODULUS, hex('0200')), '.publicExponent', 'empty INTEGER'],
    [
      'an exponent with a zero in front',
      [1],
      numbers(MODULUS, hex('020400010001')),
      '.publicExponent',
      'not minimal',
    ],
    ['an exponent of 0', [1], numbers(MODULUS, hex('020100')), '', 'no RSA key to rely on'],
    ['an exponent of 1', [1], numbers(MODULUS, hex('020101')), '', 'no RSA key to rely on'],
    ['an exponent of 3', [1], numbers(MODULUS, hex('020103')), '', 'no RSA key to rely on'],
    ['an even exponent', [1], numbers(MODULUS, hex('0203010000')), '', 'no RSA key to rely on'],
    [
      'an exponent of 5 bytes',
      [1],
      numbers(MODULUS, hex('02050100000001')),
      '',
      'no RSA key to rely on',
    ],
    [
      'an OCTET STRING for the modulus',
      [1],
      numbers(tlv(TAG.octetString, RSA_2048.modulus), EXPONENT),
      '.modulus',
      'want tag 0x2',
    ],
  ]);

  it('nothing about an exponent of 4 bytes with its highest bit set', () => {
    const der = forge(rsa, [1], numbers(MODULUS, hex('0205 00ffffffff')));
    expect(read(der).kind).toBe('RSA-2048');
  });
});
