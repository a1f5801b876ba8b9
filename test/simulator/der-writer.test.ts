import { expect, it } from 'vitest';
import { DerReader, TAG } from '../../src/core/encoding/der.ts';
import { der, derNumber, derOid } from '../../src/simulator/der-writer.ts';

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
