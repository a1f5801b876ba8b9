import { describe, expect, it } from 'vitest';
import { DerReader, derSequence, TAG } from '../../../src/core/encoding/der.ts';
import { faultOf } from '../../support/fault-of.ts';
import { tlv } from '../../support/forge.ts';
import { hex } from '../../support/hex.ts';
import { asView } from '../../support/view.ts';

const reader = (bytes: Uint8Array) => new DerReader(bytes, 'thing');

/** SEQUENCE { INTEGER 5, BOOLEAN TRUE, OID, OCTET STRING, BIT STRING, ENUMERATED, [0] { NULL } } */
const golden = hex(
  '3021 020105 0101ff 06082a8648ce3d040302 0403aabbcc 030306 9740 0a0102 a0020500',
);

describe('reads every kind of element', () => {
  it.each([
    ['as it is', golden],
    ['out of a larger buffer', asView(golden)],
  ])('%s', (_name, bytes) => {
    const r = derSequence(bytes, 'thing');
    expect(r.peek()).toBe(TAG.integer);
    expect(r.smallInteger('version')).toBe(5);
    expect(r.boolean('flag')).toBe(true);
    expect(r.oid('algorithm')).toBe('1.2.840.10045.4.3.2');
    expect(r.octetString('octets')).toEqual(hex('aabbcc'));
    expect(r.bitString('bits')).toEqual({ bytes: hex('9740'), unused: 6 });
    expect(r.enumerated('reason')).toBe(2);
    const inner = r.inside(0xa0, 'wrapper');
    expect(inner.element('null')).toEqual({ tag: 5, content: hex(''), raw: hex('0500') });
    inner.end();
    r.end();
    expect([r.done, r.peek()]).toEqual([true, undefined]);
  });
});

describe('lengths', () => {
  it.each([
    [0, '04 00'],
    [127, '04 7f'],
    [128, '04 81 80'],
    [255, '04 81 ff'],
    [256, '04 82 0100'],
    [65_535, '04 82 ffff'],
    [65_536, '04 83 010000'],
    [16_777_216, '04 84 01000000'],
  ])('reads %d', (length, header) => {
    const bytes = new Uint8Array(hex(header).length + length);
    bytes.set(hex(header));
    const { content, raw } = reader(bytes).expect(TAG.octetString, 'octets');
    expect([content.length, raw.length]).toEqual([length, bytes.length]);
  });

  it.each([
    { name: 'no length', der: '30', detail: 'needs 2 bytes at 0, 1 left' },
    { name: 'nothing', der: '', detail: 'needs 2 bytes at 0, 0 left' },
    { name: 'an indefinite length', der: '3080 020105 0000', detail: 'indefinite or oversized' },
    { name: 'a length of five bytes', der: '3085 0000000003 020105', detail: 'oversized' },
    { name: 'a length of 127 bytes', der: '30ff 020105', detail: 'indefinite or oversized' },
    { name: 'the short form in one byte too many', der: '308103 020105', detail: 'not minimal' },
    { name: '127 in the long form', der: `04817f${'00'.repeat(127)}`, detail: 'not minimal' },
    { name: 'a leading zero', der: `04820080${'00'.repeat(128)}`, detail: 'not minimal' },
    { name: 'two leading zeros', der: '3084 00000003 020105', detail: 'not minimal' },
    { name: 'a long length cut short', der: '3082 01', detail: 'length runs past the end' },
    { name: 'content one byte short', der: '3004 020105', detail: 'needs 4 bytes at 2, 3 left' },
    { name: '2^32 - 1', der: '3084 ffffffff 00', detail: 'needs 4294967295 bytes at 6, 1 left' },
    { name: '2^31', der: '3084 80000000 00', detail: 'needs 2147483648 bytes at 6, 1 left' },
  ])('refuses $name', ({ der, detail }) => {
    const fault = faultOf(() => reader(asView(hex(der))).element('field'));
    expect(fault).toMatchObject({ code: 'malformed', at: 'thing.field' });
    expect(fault.detail).toContain(detail);
  });
});

describe('refuses a multi-byte tag', () => {
  it.each(['1f1f00', '3f8100', '5f3700', '7f2100', 'bf8a3b00', 'ff0100'])('%s', (der) => {
    expect(faultOf(() => reader(hex(der)).element('field')).detail).toBe('multi-byte tag');
  });
});

describe('refuses another tag than the one expected', () => {
  it.each([
    { name: 'another type', der: '0401 05', got: 'tag 0x4' },
    { name: 'a constructed octet string, as BER allows', der: '2403 040105', got: 'tag 0x24' },
    { name: 'the same number in another class', der: '820105', got: 'tag 0x82' },
    { name: 'the end', der: '', got: 'the end' },
  ])('$name', ({ der, got }) => {
    expect(faultOf(() => reader(hex(der)).integer('field')).message).toBe(
      `thing.field: want tag 0x2, got ${got}`,
    );
  });
});

describe('INTEGER', () => {
  it.each(['00', '7f', '0080', '00ff', 'ff', '80', 'ff7f', '0100', '00ffffffffffffffffff'])(
    'keeps the content %s',
    (content) => {
      expect(reader(tlv(TAG.integer, hex(content))).integer('n')).toEqual(hex(content));
    },
  );

  it.each([
    ['00', 0],
    ['7f', 127],
    ['0080', 128],
    ['7fffffff', 2 ** 31 - 1],
  ])('small: %s', (content, value) => {
    expect(reader(tlv(TAG.integer, hex(content))).smallInteger('n')).toBe(value);
    expect(reader(tlv(TAG.enumerated, hex(content))).enumerated('n')).toBe(value);
  });

  it.each([
    { name: 'without content', content: '', detail: 'empty INTEGER' },
    { name: 'with a needless zero', content: '007f', detail: 'not minimal' },
    { name: 'of two zeros', content: '0000', detail: 'not minimal' },
    { name: 'with needless sign bits', content: 'ff80', detail: 'not minimal' },
    { name: 'of two all-ones', content: 'ffff', detail: 'not minimal' },
  ])('refused $name', ({ content, detail }) => {
    for (const tag of [TAG.integer, TAG.enumerated]) {
      const r = reader(tlv(tag, hex(content)));
      const read = () => (tag === TAG.integer ? r.integer('n') : r.enumerated('n'));
      expect(faultOf(read)).toMatchObject({
        at: 'thing.n',
        detail: expect.stringContaining(detail),
      });
    }
  });

  it.each([
    ['negative', 'ff'],
    ['of 2^31', '0080000000'],
    ['of five bytes', '0100000000'],
    ['of minus 2^31', '80000000'],
  ])('refused as small when %s', (_name, content) => {
    expect(faultOf(() => reader(tlv(TAG.integer, hex(content))).smallInteger('n')).message).toBe(
      `thing.n: INTEGER ${content} is out of range`,
    );
  });
});

describe('BOOLEAN', () => {
  it('reads FALSE', () => {
    expect(reader(hex('010100')).boolean('flag')).toBe(false);
  });

  it.each([
    ['1, which BER takes for TRUE', '01'],
    ['7f', '7f'],
    ['fe', 'fe'],
    ['empty', ''],
    ['of two bytes', 'ffff'],
    ['of two zero bytes', '0000'],
  ])('refuses %s', (_name, content) => {
    expect(faultOf(() => reader(tlv(TAG.boolean, hex(content))).boolean('flag')).message).toBe(
      'thing.flag: BOOLEAN must be 00 or ff',
    );
  });
});

describe('BIT STRING', () => {
  it.each([
    ['no bits', '00', '', 0],
    ['whole bytes', '00 ff', 'ff', 0],
    ['one bit', '07 80', '80', 7],
    ['no bit set', '07 00', '00', 7],
  ])('reads %s', (_name, content, bytes, unused) => {
    const found = reader(tlv(TAG.bitString, hex(content))).bitString('bits');
    expect(found).toEqual({ bytes: hex(bytes), unused });
  });

  it.each([
    { name: 'empty', content: '', detail: 'valid count of unused bits' },
    { name: 'with 8 unused bits', content: '08 00', detail: 'valid count of unused bits' },
    { name: 'with 255 unused bits', content: 'ff 00', detail: 'valid count of unused bits' },
    { name: 'with unused bits of no byte', content: '01', detail: 'valid count of unused bits' },
    { name: 'with a set unused bit', content: '01 01', detail: 'unused bits are not zero' },
    { name: 'with the highest unused bit set', content: '07 ff40', detail: 'unused bits are not' },
  ])('refused $name', ({ content, detail }) => {
    const fault = faultOf(() => reader(tlv(TAG.bitString, hex(content))).bitString('bits'));
    expect(fault.at).toBe('thing.bits');
    expect(fault.detail).toContain(detail);
  });
});

describe('OBJECT IDENTIFIER', () => {
  it.each([
    ['00', '0.0'],
    ['27', '0.39'],
    ['28', '1.0'],
    ['4f', '1.39'],
    ['50', '2.0'],
    ['551d13', '2.5.29.19'],
    ['883703', '2.999.3'],
    ['2a864886f84d010d01', '1.2.840.113741.1.13.1'],
    ['2a8fffffffffffff7f', `1.2.${2 ** 53 - 1}`],
    ['2a00', '1.2.0'],
    ['2a9080808080808000', `1.2.${2n ** 53n}`],
    ['2a82808080808080808005', `1.2.${2n ** 64n + 5n}`],
    [`6983${'ff'.repeat(17)}7f`, `2.25.${2n ** 128n - 1n}`],
  ])('%s is %s', (content, dotted) => {
    expect(reader(tlv(TAG.oid, hex(content))).oid('oid')).toBe(dotted);
  });

  it.each([
    { name: 'empty', content: '', detail: 'cut short' },
    { name: 'with its last arc cut short', content: '2a86', detail: 'cut short' },
    { name: 'with a padded arc', content: '2a8001', detail: 'not minimal' },
    { name: 'with a padded first arc', content: '80551d13', detail: 'not minimal' },
    { name: 'with a first arc of 2^53', content: '9080808080808000', detail: 'too large' },
    { name: 'with an arc of 2^128', content: `6984${'80'.repeat(17)}00`, detail: 'too large' },
    { name: 'with an arc that never ends', content: `2a${'ff'.repeat(4000)}`, detail: 'too large' },
  ])('refused $name', ({ content, detail }) => {
    const fault = faultOf(() => reader(tlv(TAG.oid, hex(content))).oid('oid'));
    expect(fault.at).toBe('thing.oid');
    expect(fault.detail).toContain(detail);
  });
});

describe('tails', () => {
  it('after a top-level SEQUENCE', () => {
    expect(faultOf(() => derSequence(hex('3000 00'), 'thing')).message).toBe(
      'thing: 1 bytes after the last element',
    );
  });

  it('inside one, with the place', () => {
    const r = derSequence(hex('3008 3006 020105 020106'), 'thing').sequence('pair');
    r.integer('first');
    expect(faultOf(() => r.end()).message).toBe('thing.pair: 3 bytes after the last element');
  });
});

it('a top-level element that is no SEQUENCE is refused', () => {
  expect(faultOf(() => derSequence(hex('3100'), 'thing')).message).toBe(
    'thing.sequence: want tag 0x30, got tag 0x31',
  );
});
