import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { PROBLEMS, problemType } from '../../src/protocol/problem.ts';
import { base64File, parseTime, Time, writeTime } from '../../src/protocol/values.ts';

describe('times', () => {
  it.each([
    ['2026-03-01T12:00:00Z', Date.UTC(2026, 2, 1, 12)],
    ['2026-03-01T12:00:00.250Z', Date.UTC(2026, 2, 1, 12, 0, 0, 250)],
    ['2024-02-29T23:59:59.999Z', Date.UTC(2024, 1, 29, 23, 59, 59, 999)],
  ])('%s', (text, ms) => {
    expect(Value.Check(Time, text)).toBe(true);
    expect([parseTime(text, 'at'), writeTime(ms)]).toEqual([ms, text]);
  });

  it.each([
    '2026-03-01T12:00:00+00:00',
    '2026-03-01T12:00:00.25Z',
    '2026-03-01 12:00:00Z',
    '2026-03-01T12:00:00',
    '2026-3-1T12:00:00Z',
    ' 2026-03-01T12:00:00Z',
    '',
  ])('not %s', (text) => {
    expect(Value.Check(Time, text)).toBe(false);
    expect(() => parseTime(text, 'body.until')).toThrow(/^body\.until: /);
  });

  it.each(['2026-02-29T00:00:00Z', '2026-13-01T00:00:00Z', '2026-01-01T24:00:00.000Z'])(
    'there is no %s, though it looks like one',
    (text) => {
      expect(() => parseTime(text, 'body.until')).toThrow(/^body\.until: /);
    },
  );
});

it('a file is of at most so many bytes', () => {
  const schema = base64File(4);
  for (const text of ['', 'AAAA', 'AAAAAA==']) expect(Value.Check(schema, text)).toBe(true);
  for (const text of ['AAAAAAAAA', 'A_-A', 'A A=', 'AA===', '\n']) {
    expect(Value.Check(schema, text)).toBe(false);
  }
});

it('problems are API: none is renamed, none changes its status', () => {
  const statuses = Object.entries(PROBLEMS).map(([code, { status }]) => `${code} ${status}`);
  expect(statuses).toEqual([
    'malformed 400',
    'usage 400',
    'unauthenticated 401',
    'forbidden 403',
    'attestation-rejected 403',
    'missing 404',
    'method-not-allowed 405',
    'request-timeout 408',
    'conflict 409',
    'length-required 411',
    'too-large 413',
    'uri-too-long 414',
    'media-type 415',
    'expectation 417',
    'unsupported 422',
    'too-many-requests 429',
    'headers-too-large 431',
    'internal 500',
    'attestation-indeterminate 503',
    'unreachable 503',
    'busy 503',
    'closing 503',
    'took-too-long 503',
  ]);
  expect(problemType('busy')).toBe('urn:postern:problem:busy');
});
