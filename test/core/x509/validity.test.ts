import { describe, expect, it } from 'vitest';
import { outsideValidity } from '../../../src/core/x509/validity.ts';

const from = Date.UTC(2026, 0, 1);
const to = Date.UTC(2026, 1, 1);
const check = (now: number, window = { from, to }) => outsideValidity('the CRL', window, now);

it.each([
  ['at its first instant', from],
  ['between', from + 1],
  ['at its last instant', to],
])('inside %s', (_name, now) => {
  expect(check(now)).toBeUndefined();
});

describe('outside', () => {
  it('a millisecond early', () => {
    expect(check(from - 1)).toEqual({
      early: true,
      want: 'the CRL valid at 2025-12-31T23:59:59.999Z',
      got: 'valid only from 2026-01-01T00:00:00Z',
    });
  });

  it('a millisecond late', () => {
    expect(check(to + 1)).toEqual({
      early: false,
      want: 'the CRL still valid at 2026-02-01T00:00:00.001Z',
      got: 'ended 2026-02-01T00:00:00Z',
    });
  });

  it.each([
    ['a clock that is NaN', Number.NaN, { from, to }],
    ['a clock at infinity', Number.POSITIVE_INFINITY, { from, to }],
    ['a clock before all time', Number.NEGATIVE_INFINITY, { from, to }],
    ['a start that is NaN', from, { from: Number.NaN, to }],
    ['an end that is NaN', from, { from, to: Number.NaN }],
    ['nothing but NaN', Number.NaN, { from: Number.NaN, to: Number.NaN }],
    ['a window that ends before it begins', from, { from: to, to: from }],
  ])('%s', (_name, now, window) => {
    expect(check(now, window)).toMatchObject({
      want: expect.stringContaining('the CRL'),
      got: expect.any(String),
    });
  });
});
