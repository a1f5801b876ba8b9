import { describe, expect, it } from 'vitest';
import { fromBase64, toBase64 } from '../../../src/core/encoding/base64.ts';
import { faultOf } from '../../support/fault-of.ts';
import { asView } from '../../support/view.ts';

describe('the test vectors of RFC 4648 section 10', () => {
  it.each([
    ['', ''],
    ['f', 'Zg=='],
    ['fo', 'Zm8='],
    ['foo', 'Zm9v'],
    ['foob', 'Zm9vYg=='],
    ['fooba', 'Zm9vYmE='],
    ['foobar', 'Zm9vYmFy'],
  ])('%j', (plain, encoded) => {
    const bytes = new TextEncoder().encode(plain);
    expect(toBase64(bytes)).toBe(encoded);
    expect(toBase64(asView(bytes))).toBe(encoded);
    expect(fromBase64(encoded, 'here')).toEqual(bytes);
  });
});

it('brings every byte there and back, as Buffer does', () => {
  const every = Uint8Array.from({ length: 256 }, (_, i) => i);
  expect(toBase64(every)).toBe(Buffer.from(every).toString('base64'));
  expect(fromBase64(toBase64(every), 'here')).toEqual(every);
});

describe('fromBase64 refuses', () => {
  it.each([
    { name: 'missing padding', text: 'Zg' },
    { name: 'half the padding', text: 'Zg=' },
    { name: 'three padding characters', text: 'Z===' },
    { name: 'nothing but padding', text: '====' },
    { name: 'padding in the middle', text: 'Zg==Zg==' },
    { name: 'a line break', text: 'Zm9v\nZm9v\n\n\n' },
    { name: 'a space, which atob would skip', text: 'Zm9 ' },
    { name: 'the URL alphabet', text: '-_-_' },
    { name: 'a character outside ASCII', text: 'Zm9é' },
    { name: 'a character whose lower byte is a digit', text: '\u0341m9v' },
    {
      name: 'such a one, in the middle of much',
      text: `${'Zm9v'.repeat(20)}Zm\u1f39v${'Zm9v'.repeat(20)}`,
    },
    { name: 'a NUL', text: 'Zm9\0' },
  ])('$name', ({ text }) => {
    expect(faultOf(() => fromBase64(text, 'here')).message).toBe('here: not base64');
  });

  it.each([
    { name: 'four trailing bits set', text: 'Zh==' },
    { name: 'two trailing bits set', text: 'Zm9=' },
  ])('$name', ({ text }) => {
    expect(faultOf(() => fromBase64(text, 'here')).message).toBe(
      'here: base64 with non-zero trailing bits',
    );
  });
});
