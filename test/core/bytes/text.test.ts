import { describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../../src/core/bytes/text.ts';
import { faultOf } from '../../support/fault-of.ts';
import { hex } from '../../support/hex.ts';
import { asView } from '../../support/view.ts';

it('brings text there and back', () => {
  const text = 'aé€😀\u0000';
  expect(utf8(text)).toEqual(hex('61 c3a9 e282ac f09f9880 00'));
  expect(fromUtf8(asView(utf8(text)), 'here')).toBe(text);
});

it('keeps a byte order mark, since signatures cover it', () => {
  expect(fromUtf8(hex('efbbbf 61'), 'here')).toBe('\ufeffa');
});

describe('fromUtf8 refuses', () => {
  it.each([
    ['a byte that starts nothing', 'ff'],
    ['a lone continuation byte', '80'],
    ['a sequence cut short', '61e282'],
    ['an overlong slash', 'c0af'],
    ['an encoded surrogate', 'eda080'],
    ['a code point beyond U+10FFFF', 'f4908080'],
  ])('%s', (_name, bytes) => {
    expect(faultOf(() => fromUtf8(hex(bytes), 'here')).message).toBe('here: not valid UTF-8');
  });
});
