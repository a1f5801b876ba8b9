import { describe, expect, it } from 'vitest';
import { DerReader, TAG } from '../../../src/core/encoding/der.ts';
import {
  EXTENSION,
  parseAuthorityKeyIdentifier,
  parseBasicConstraints,
  parseCrlNumber,
  parseExtendedKeyUsage,
  parseExtensions,
  parseKeyUsage,
  parseSubjectKeyIdentifier,
} from '../../../src/core/x509/extensions.ts';
import { faultOf } from '../../support/fault-of.ts';
import { tlv } from '../../support/forge.ts';
import { hex } from '../../support/hex.ts';
import { asView } from '../../support/view.ts';

const KEY_USAGE = tlv(TAG.oid, hex('551d0f'));
const BASIC_CONSTRAINTS = tlv(TAG.oid, hex('551d13'));
const CRITICAL = hex('0101ff');
const extension = (...parts: Uint8Array[]) => tlv(TAG.sequence, ...parts);
const octets = (text: string) => tlv(TAG.octetString, hex(text));
const read = (...items: Uint8Array[]) => {
  const reader = new DerReader(asView(tlv(TAG.sequence, ...items)), 'tbs');
  return parseExtensions(reader, new Set([EXTENSION.keyUsage]), 'tbs.extensions');
};

describe('parseExtensions', () => {
  it('reads them in order, critical or not', () => {
    const found = read(
      extension(KEY_USAGE, CRITICAL, octets('03020780')),
      extension(BASIC_CONSTRAINTS, octets('3000')),
    );
    expect([...found]).toEqual([
      ['2.5.29.15', { critical: true, value: hex('03020780') }],
      ['2.5.29.19', { critical: false, value: hex('3000') }],
    ]);
  });

  it.each([
    { name: 'an empty list', items: [], detail: 'empty list of extensions' },
    {
      name: 'one OID twice',
      items: [extension(KEY_USAGE, octets('00')), extension(KEY_USAGE, octets('00'))],
      detail: 'extension 2.5.29.15 twice',
    },
    {
      name: 'an unknown critical one',
      items: [extension(BASIC_CONSTRAINTS, CRITICAL, octets('3000'))],
      detail: 'unknown critical extension 2.5.29.19',
    },
    {
      name: 'a critical flag of 01',
      items: [extension(KEY_USAGE, hex('010101'), octets('00'))],
      detail: 'BOOLEAN must be 00 or ff',
    },
    { name: 'one without a value', items: [extension(KEY_USAGE, CRITICAL)], detail: 'got the end' },
    {
      name: 'one with something behind its value',
      items: [extension(KEY_USAGE, octets('00'), octets('00'))],
      detail: 'after the last element',
    },
    {
      name: 'the flag behind the value',
      items: [extension(KEY_USAGE, octets('00'), CRITICAL)],
      detail: 'after the last element',
    },
    {
      name: 'a value that is no OCTET STRING',
      items: [extension(KEY_USAGE, hex('03020780'))],
      detail: 'want tag 0x4, got tag 0x3',
    },
  ])('refuses $name', ({ items, detail }) => {
    const fault = faultOf(() => read(...items));
    expect(fault.code).toBe('malformed');
    expect(fault.at).toMatch(/^tbs\.extensions/);
    expect(fault.detail).toContain(detail);
  });
});

describe('parseBasicConstraints', () => {
  it.each([
    ['nothing, so cA is FALSE', '3000', false, undefined],
    ['cA', '30030101ff', true, undefined],
    ['cA and a path length', '30060101ff020101', true, 1],
    ['cA and a path length of 0', '30060101ff020100', true, 0],
  ])('reads %s', (_name, der, ca, pathLength) => {
    expect(parseBasicConstraints(asView(hex(der)), 'bc')).toEqual({ ca, pathLength });
  });

  it.each([
    { name: 'cA of 01', der: '3003010101', detail: 'BOOLEAN must be 00 or ff' },
    { name: 'a negative path length', der: '30060101ff0201ff', detail: 'out of range' },
    { name: 'a path length of 2^32', der: '300a0101ff02050100000000', detail: 'out of range' },
    { name: 'something behind the path length', der: '30080101ff0201010500', detail: 'after the' },
    { name: 'a tail', der: '300000', detail: 'after the last element' },
    { name: 'nothing', der: '', detail: 'want tag 0x30' },
  ])('refuses $name', ({ der, detail }) => {
    expect(faultOf(() => parseBasicConstraints(hex(der), 'bc')).detail).toContain(detail);
  });
});

describe('parseKeyUsage', () => {
  const no = { digitalSignature: false, keyCertSign: false, cRLSign: false };
  it.each([
    ['digitalSignature', '03020780', { ...no, digitalSignature: true }],
    ['keyCertSign', '03020204', { ...no, keyCertSign: true }],
    ['cRLSign', '03020102', { ...no, cRLSign: true }],
    ['keyCertSign and cRLSign', '03020106', { ...no, keyCertSign: true, cRLSign: true }],
    ['decipherOnly, in the second byte', '0303070080', no],
    ['no usage', '030100', no],
  ])('reads %s', (_name, der, usage) => {
    expect(parseKeyUsage(asView(hex(der)), 'ku')).toEqual(usage);
  });

  it.each([
    { name: 'a set unused bit', der: '03020781', detail: 'unused bits are not zero' },
    { name: 'an octet string', der: '040180', detail: 'want tag 0x3' },
    { name: 'a tail', der: '0302078000', detail: 'after the last element' },
  ])('refuses $name', ({ der, detail }) => {
    expect(faultOf(() => parseKeyUsage(hex(der), 'ku')).detail).toContain(detail);
  });
});

describe('parseSubjectKeyIdentifier', () => {
  it('reads the octets', () => {
    expect(parseSubjectKeyIdentifier(asView(hex('0403010203')), 'ski')).toEqual(hex('010203'));
  });

  it.each([
    { name: 'a tail', der: '040100 00', detail: 'after the last element' },
    { name: 'another type', der: '030100', detail: 'want tag 0x4' },
  ])('refuses $name', ({ der, detail }) => {
    expect(faultOf(() => parseSubjectKeyIdentifier(hex(der), 'ski')).detail).toContain(detail);
  });
});

describe('parseAuthorityKeyIdentifier', () => {
  const issuer = tlv(0xa1, tlv(0xa4, hex('3000')));
  const serial = hex('820101');
  it.each([
    ['a key identifier', tlv(0x30, hex('8003010203')), hex('010203')],
    [
      'a key identifier, issuer and serial',
      tlv(0x30, hex('8003010203'), issuer, serial),
      hex('010203'),
    ],
    ['issuer and serial only', tlv(0x30, issuer, serial), undefined],
    ['nothing', hex('3000'), undefined],
  ])('reads %s', (_name, der, want) => {
    expect(parseAuthorityKeyIdentifier(asView(der), 'aki')).toEqual(want);
  });

  it.each([
    { name: 'a second key identifier', der: '3006 800101 800102' },
    { name: 'the serial before the key identifier', der: '3006 820101 800101' },
    { name: 'an unknown element', der: '3005 800101 0500' },
    { name: 'bytes that are no element', der: '3004 800101 ff' },
    { name: 'a tail', der: '3003 800101 00' },
  ])('refuses $name', ({ der }) => {
    expect(faultOf(() => parseAuthorityKeyIdentifier(hex(der), 'aki')).at).toMatch(/^aki/);
  });
});

describe('parseExtendedKeyUsage', () => {
  it('reads the purposes in order', () => {
    const der = hex('3014 06082b06010505070309 06082b06010505070301');
    expect(parseExtendedKeyUsage(asView(der), 'eku')).toEqual([
      '1.3.6.1.5.5.7.3.9',
      '1.3.6.1.5.5.7.3.1',
    ]);
  });

  it.each([
    { name: 'no purpose', der: '3000', detail: 'got the end' },
    { name: 'a purpose that is none', der: '30020500', detail: 'want tag 0x6' },
    { name: 'something behind a purpose', der: '3005 06012a 0500', detail: 'want tag 0x6' },
    { name: 'one purpose without a list', der: '06012a', detail: 'want tag 0x30' },
    { name: 'a tail', der: '3003 06012a 00', detail: 'after the last element' },
    { name: 'nothing', der: '', detail: 'want tag 0x30' },
  ])('refuses $name', ({ der, detail }) => {
    const fault = faultOf(() => parseExtendedKeyUsage(hex(der), 'eku'));
    expect(fault).toMatchObject({ code: 'malformed' });
    expect(fault.detail).toContain(detail);
  });
});

describe('parseCrlNumber', () => {
  it('reads the content of the INTEGER', () => {
    expect(parseCrlNumber(asView(hex('02020080')), 'number')).toEqual(hex('0080'));
  });

  it.each([
    { name: 'a needless zero', der: '02020001', detail: 'not minimal' },
    { name: 'another type', der: '040101', detail: 'want tag 0x2' },
    { name: 'a tail', der: '02010100', detail: 'after the last element' },
  ])('refuses $name', ({ der, detail }) => {
    expect(faultOf(() => parseCrlNumber(hex(der), 'number')).detail).toContain(detail);
  });
});
