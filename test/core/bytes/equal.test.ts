import { describe, expect, it } from 'vitest';
import { equalBytes, isZero } from '../../../src/core/bytes/equal.ts';
import { hex } from '../../support/hex.ts';
import { asView } from '../../support/view.ts';

describe('equalBytes', () => {
  it.each([
    ['the same bytes', '010203', '010203', true],
    ['nothing and nothing', '', '', true],
    ['another first byte', '010203', '000203', false],
    ['another last byte', '010203', '010204', false],
    ['a prefix', '010203', '0102', false],
    ['a longer one', '0102', '010203', false],
    ['nothing and a zero', '', '00', false],
  ])('%s', (_name, a, b, same) => {
    expect(equalBytes(hex(a), hex(b))).toBe(same);
    expect(equalBytes(asView(hex(a)), hex(b))).toBe(same);
  });
});

describe('isZero', () => {
  it.each([
    ['nothing', '', true],
    ['zeros', '000000', true],
    ['a set first byte', '010000', false],
    ['a set last byte', '000080', false],
  ])('%s', (_name, bytes, zero) => {
    expect(isZero(hex(bytes))).toBe(zero);
    expect(isZero(asView(hex(bytes)))).toBe(zero);
  });
});
