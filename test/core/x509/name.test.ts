import '../../../src/core/x509/reflect-metadata.ts';
import { Name } from '@peculiar/x509';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { TAG } from '../../../src/core/encoding/der.ts';
import { parseName } from '../../../src/core/x509/name.ts';
import { faultOf } from '../../support/fault-of.ts';
import { tlv } from '../../support/forge.ts';
import { hex } from '../../support/hex.ts';
import { asView } from '../../support/view.ts';

const CN = hex('550403');
const O = hex('55040a');
const attribute = (type: Uint8Array, tag: number, value: Uint8Array) =>
  tlv(TAG.sequence, tlv(TAG.oid, type), tlv(tag, value));
const rdn = (...attributes: Uint8Array[]) => tlv(TAG.set, ...attributes);
const name = (...rdns: Uint8Array[]) => tlv(TAG.sequence, ...rdns);
const read = (der: Uint8Array) => parseName(der, 'subject');

const golden = name(
  rdn(attribute(CN, TAG.utf8String, utf8('Intel SGX Root CA'))),
  rdn(attribute(O, TAG.utf8String, utf8('Intel Corporation'))),
  rdn(attribute(hex('550406'), TAG.printableString, utf8('US'))),
);

it('reads names in the order given', () => {
  const want = {
    commonName: 'Intel SGX Root CA',
    text: 'CN=Intel SGX Root CA, O=Intel Corporation, C=US',
    attributes: [
      { type: '2.5.4.3', value: 'Intel SGX Root CA' },
      { type: '2.5.4.10', value: 'Intel Corporation' },
      { type: '2.5.4.6', value: 'US' },
    ],
  };
  expect(read(golden)).toEqual({ der: golden, ...want });
  expect(read(asView(golden))).toEqual({ der: golden, ...want });
});

it('agrees with another parser', () => {
  const made = new Name([
    { CN: ['Grüße'] },
    { OU: ['unit'] },
    { O: ['Test'] },
    { L: ['Ort'] },
    { ST: ['Land'] },
    { C: ['DE'] },
  ]);
  const { commonName, text } = read(new Uint8Array(made.toArrayBuffer()));
  expect(commonName).toBe(made.getField('CN')[0]);
  expect(text).toBe(made.toString());
});

describe('reads', () => {
  it.each([
    ['an empty name', name(), '', ''],
    ['a name without a common name', name(rdn(attribute(O, 0x0c, utf8('x')))), '', 'O=x'],
    [
      'two attributes in one set',
      name(rdn(attribute(CN, 0x0c, utf8('a')), attribute(O, 0x0c, utf8('b')))),
      'a',
      'CN=a, O=b',
    ],
    ['T61 as Latin-1', name(rdn(attribute(CN, TAG.t61String, hex('e4')))), 'ä', 'CN=ä'],
    ['IA5', name(rdn(attribute(CN, TAG.ia5String, utf8('a@b')))), 'a@b', 'CN=a@b'],
    ['BMP', name(rdn(attribute(CN, TAG.bmpString, hex('0061 20ac')))), 'a€', 'CN=a€'],
    [
      'an attribute without a label',
      name(rdn(attribute(hex('2a03'), 0x0c, utf8('x')))),
      '',
      '1.2.3=x',
    ],
    // Two names that a reader would take for one must stay two: nothing is dropped.
    [
      'a byte order mark as a character',
      name(rdn(attribute(CN, TAG.utf8String, hex('efbbbf 61')))),
      '\ufeffa',
      'CN=\ufeffa',
    ],
    [
      'a byte order mark in BMP as a character',
      name(rdn(attribute(CN, TAG.bmpString, hex('feff 0061')))),
      '\ufeffa',
      'CN=\ufeffa',
    ],
    ['a NUL as a character', name(rdn(attribute(CN, 0x0c, utf8('a\0b')))), 'a\0b', 'CN=a\0b'],
  ])('%s', (_name, der, commonName, text) => {
    expect(read(der)).toMatchObject({ commonName, text });
  });
});

describe('refuses', () => {
  it.each([
    {
      name: 'two common names',
      der: name(
        rdn(attribute(CN, 0x0c, utf8('Intel SGX Root CA'))),
        rdn(attribute(CN, 0x0c, utf8('Mallory'))),
      ),
      at: 'subject',
      detail: 'more than one common name',
    },
    {
      name: 'two common names in one set',
      der: name(rdn(attribute(CN, 0x0c, utf8('a')), attribute(CN, 0x0c, utf8('b')))),
      at: 'subject',
      detail: 'more than one common name',
    },
    { name: 'an empty set', der: name(rdn()), at: 'subject', detail: 'empty relative' },
    {
      name: 'UTF-8 that is none',
      der: name(rdn(attribute(CN, TAG.utf8String, hex('c0af')))),
      at: 'subject',
      detail: 'not valid utf-8',
    },
    {
      name: 'BMP of half a character',
      der: name(rdn(attribute(CN, TAG.bmpString, hex('0061 20')))),
      at: 'subject',
      detail: 'not valid utf-16be',
    },
    {
      name: 'an unknown string type',
      der: name(rdn(attribute(CN, 0x1c, hex('00000061')))),
      at: 'subject',
      detail: 'string type 0x1c',
    },
    {
      name: 'a constructed string, as BER allows',
      der: name(rdn(attribute(CN, 0x2c, tlv(0x0c, utf8('a'))))),
      at: 'subject',
      detail: 'string type 0x2c',
    },
    {
      name: 'an attribute without a value',
      der: name(rdn(tlv(TAG.sequence, tlv(TAG.oid, CN)))),
      at: 'subject.rdn.attribute.value',
      detail: 'needs 2 bytes',
    },
    {
      name: 'an attribute with a second value',
      der: name(rdn(tlv(TAG.sequence, tlv(TAG.oid, CN), tlv(0x0c), tlv(0x0c)))),
      at: 'subject.rdn.attribute',
      detail: 'after the last element',
    },
    {
      name: 'an attribute outside of a set',
      der: name(attribute(CN, 0x0c, utf8('a'))),
      at: 'subject.rdn',
      detail: 'want tag 0x31',
    },
    { name: 'a tail', der: hex('3000 00'), at: 'subject', detail: 'after the last element' },
  ])('$name', ({ der, at, detail }) => {
    const fault = faultOf(() => read(der));
    expect(fault).toMatchObject({ code: 'malformed', at });
    expect(fault.detail).toContain(detail);
  });
});
