import { describe, expect, it } from 'vitest';
import { visible, visibleJson } from '../../src/cli/visible.ts';

describe('visible', () => {
  it.each([
    ['a colour', '\u001b[31mred', '\\x1b[31mred'],
    ['a line of its own', 'x\nACCEPT', 'x\\x0aACCEPT'],
    ['a carriage return', 'reject\raccept', 'reject\\x0daccept'],
    ['backspace, tab, NUL and DEL', '\b\t\0\u007f', '\\x08\\x09\\x00\\x7f'],
    ['the one-byte CSI of C1', '\u009b2J', '\\x9b2J'],
    ['a bidirectional override', 'a\u202eb', 'a\\u202eb'],
    ['an isolate', '\u2066a\u2069', '\\u2066a\\u2069'],
    ['a line separator', 'a\u2028b', 'a\\u2028b'],
    ['a joiner and a byte order mark', 'a\u200d\ufeff', 'a\\u200d\\ufeff'],
    ['a lone surrogate', 'a\ud800', 'a\\ud800'],
    ['a tag character beyond U+FFFF', '\u{e0041}', '\\udb40\\udc41'],
  ])('escapes %s', (_, text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  it('leaves letters of any script, and our own signs', () => {
    const text = 'Intel’s “Größe” 信頼 дом ✓ ✗ – · … 😀';
    expect(visible(text)).toBe(text);
  });
});

describe('visibleJson', () => {
  it('means what plain JSON means', () => {
    const value = { 'a\u009b': ['\u001b[2J', '\u202e', '\u{e0041}', 'ß', '\ud800', 'line\n'] };
    const text = visibleJson(value);
    expect(text).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
    expect(JSON.parse(text)).toEqual(value);
  });
});
