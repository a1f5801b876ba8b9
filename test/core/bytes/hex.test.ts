import { describe, expect, it } from 'vitest';
import { fromHex, isHex, toHex } from '../../../src/core/bytes/hex.ts';
import { faultOf } from '../../support/fault-of.ts';
import { asView } from '../../support/view.ts';

const every = Uint8Array.from({ length: 256 }, (_, i) => i);

it('writes lower-case digits and reads either case', () => {
  expect(toHex(Uint8Array.of(0x00, 0x0a, 0xff))).toBe('000aff');
  expect(fromHex('000AfF', 'here')).toEqual(Uint8Array.of(0x00, 0x0a, 0xff));
  expect(fromHex('', 'here')).toEqual(new Uint8Array());
});

it('brings every byte there and back, as Buffer does', () => {
  expect(toHex(every)).toBe(Buffer.from(every).toString('hex'));
  expect(fromHex(toHex(every), 'here', 256)).toEqual(every);
  expect(fromHex(toHex(every).toUpperCase(), 'here')).toEqual(every);
  expect(toHex(asView(every))).toBe(toHex(every));
});

describe('fromHex refuses', () => {
  it.each([
    { name: 'an odd number of digits', text: '0', detail: 'odd number of hex digits' },
    { name: 'a letter beyond f', text: '0g', detail: 'not a hex digit at character 0' },
    { name: 'a backtick, 0x60', text: '00`0', detail: 'not a hex digit at character 2' },
    { name: 'an at sign, 0x40', text: '@0', detail: 'not a hex digit at character 0' },
    { name: 'a colon, 0x3a', text: '0:', detail: 'not a hex digit at character 0' },
    { name: 'a slash, 0x2f', text: '/0', detail: 'not a hex digit at character 0' },
    { name: 'control characters below the digits', text: '\x10\x11', detail: 'not a hex digit' },
    { name: 'a 0x prefix', text: '0x00', detail: 'not a hex digit at character 0' },
    { name: 'a space', text: '00 0', detail: 'not a hex digit at character 2' },
    { name: 'a minus sign', text: '-1', detail: 'not a hex digit at character 0' },
    { name: 'a full-width digit', text: '0\uff10', detail: 'not a hex digit at character 0' },
    { name: 'a character that is a digit modulo 256', text: '\u0130\u0161', detail: 'not a hex' },
  ])('$name', ({ text, detail }) => {
    const fault = faultOf(() => fromHex(text, 'here'));
    expect(fault).toMatchObject({ code: 'malformed', at: 'here' });
    expect(fault.detail).toContain(detail);
    expect(isHex(text)).toBe(false);
  });

  it.each([
    ['one byte short', '0011'],
    ['one byte long', '00112233'],
    ['half a byte long', '0011223'],
    ['empty', ''],
  ])('%s where three bytes are wanted', (_name, text) => {
    const fault = faultOf(() => fromHex(text, 'here', 3));
    expect(fault.message).toBe(`here: want 6 hex digits, got ${text.length} characters`);
  });
});

it('isHex wants at least one byte', () => {
  expect(isHex('00fF')).toBe(true);
  expect(isHex('')).toBe(false);
  expect(isHex('00\n')).toBe(false);
});
