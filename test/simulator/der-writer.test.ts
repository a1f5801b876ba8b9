import { expect, it } from 'vitest';
import { toHex } from '../../src/core/bytes/hex.ts';
import { DerReader, TAG } from '../../src/core/encoding/der.ts';
import {
  der,
  derBits,
  derGeneralizedTime,
  derNumber,
  derOid,
  derTime,
  derUnsigned,
} from '../../src/simulator/der-writer.ts';
import { hex } from '../support/hex.ts';

it.each([0, 1, 127, 128, 255, 256, 0x7fff, 0x8000, 0x7fffffff])(
  'writes %i as the strict reader wants it',
  (value) => {
    expect(new DerReader(derNumber(value), 'test').smallInteger('value')).toBe(value);
  },
);

it.each(['1.2.840.113741.1.13.1.2.17', '2.5.29.35', '1.3.6.1.4.1.1'])('writes OID %s', (oid) => {
  expect(new DerReader(derOid(oid), 'test').oid('oid')).toBe(oid);
});

it.each([0, 127, 128, 255, 256, 70_000])('writes the length of %i bytes', (length) => {
  const reader = new DerReader(der(TAG.octetString, new Uint8Array(length)), 'test');
  expect(reader.octetString('bytes')).toHaveLength(length);
  reader.end();
});

it.each([
  ['', '020100'],
  ['00', '020100'],
  ['0001', '020101'],
  ['7f', '02017f'],
  ['80', '02020080'],
  ['0000ff00', '020300ff00'],
])('writes the number of the bytes “%s” minimal and not negative', (bytes, want) => {
  expect(toHex(derUnsigned(hex(bytes)))).toBe(want);
});

it('writes a BIT STRING of whole bytes', () => {
  expect(toHex(derBits(hex('a5')))).toBe('030200a5');
});

it.each([
  ['2026-06-01T00:00:00Z', TAG.utcTime, '260601000000Z'],
  ['2049-12-31T23:59:59Z', TAG.utcTime, '491231235959Z'],
  ['2050-01-01T00:00:00Z', TAG.generalizedTime, '20500101000000Z'],
  ['9999-12-31T23:59:59Z', TAG.generalizedTime, '99991231235959Z'],
])('writes %s as certificates have it', (time, tag, text) => {
  expect(derTime(Date.parse(time))).toEqual(der(tag, Buffer.from(text)));
});

it('writes GeneralizedTime for any year, as OCSP has it', () => {
  const written = derGeneralizedTime(Date.parse('2026-06-01T12:00:00Z'));
  expect(written).toEqual(der(TAG.generalizedTime, Buffer.from('20260601120000Z')));
});
