import { describe, expect, it } from 'vitest';
import {
  formatTime,
  parseDerGeneralizedTime,
  parseDerUtcTime,
  parseUtcTimestamp,
} from '../../../src/core/encoding/time.ts';
import { faultOf } from '../../support/fault-of.ts';

describe('reads', () => {
  it.each([
    [parseUtcTimestamp, '2026-01-31T23:59:59Z', '2026-01-31T23:59:59.000Z'],
    [parseUtcTimestamp, '2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    [parseUtcTimestamp, '0100-01-01T00:00:00Z', '0100-01-01T00:00:00.000Z'],
    [parseUtcTimestamp, '9999-12-31T23:59:59Z', '9999-12-31T23:59:59.000Z'],
    [parseDerGeneralizedTime, '20500101000000Z', '2050-01-01T00:00:00.000Z'],
    [parseDerGeneralizedTime, '20000229123456Z', '2000-02-29T12:34:56.000Z'],
    [parseDerUtcTime, '491231235959Z', '2049-12-31T23:59:59.000Z'],
    [parseDerUtcTime, '500101000000Z', '1950-01-01T00:00:00.000Z'],
    [parseDerUtcTime, '000101000000Z', '2000-01-01T00:00:00.000Z'],
    [parseDerUtcTime, '991231235959Z', '1999-12-31T23:59:59.000Z'],
  ])('$0.name $1', (parse, text, iso) => {
    expect(new Date(parse(text, 'here')).toISOString()).toBe(iso);
  });
});

describe('parseUtcTimestamp refuses', () => {
  it.each([
    ['31 February', '2026-02-31T00:00:00Z'],
    ['29 February of a common year', '2026-02-29T00:00:00Z'],
    ['29 February 2100', '2100-02-29T00:00:00Z'],
    ['31 April', '2026-04-31T00:00:00Z'],
    ['day 0', '2026-01-00T00:00:00Z'],
    ['month 0', '2026-00-01T00:00:00Z'],
    ['month 13', '2026-13-01T00:00:00Z'],
    ['hour 24', '2026-01-01T24:00:00Z'],
    ['minute 60', '2026-01-01T00:60:00Z'],
    ['a leap second', '2016-12-31T23:59:60Z'],
    ['the year 50, which Date.UTC takes for 1950', '0050-01-01T00:00:00Z'],
    ['the year 0', '0000-01-01T00:00:00Z'],
    ['a fraction', '2026-01-31T00:00:00.5Z'],
    ['an offset', '2026-01-31T00:00:00+00:00'],
    ['no zone', '2026-01-31T00:00:00'],
    ['no seconds', '2026-01-31T00:00Z'],
    ['a date only', '2026-01-31'],
    ['lower-case letters', '2026-01-31t00:00:00z'],
    ['a space for the T', '2026-01-31 00:00:00Z'],
    ['white space around', ' 2026-01-31T00:00:00Z'],
    ['a line end', '2026-01-31T00:00:00Z\n'],
    ['a sign', '+2026-01-31T00:00:00Z'],
    ['full-width digits', '２０２６-01-31T00:00:00Z'],
    ['nothing', ''],
  ])('%s', (_name, text) => {
    const fault = faultOf(() => parseUtcTimestamp(text, 'here'));
    expect(fault).toMatchObject({ code: 'malformed', at: 'here' });
    expect(fault.detail).toContain(JSON.stringify(text));
  });
});

describe('parseDerUtcTime refuses', () => {
  it.each([
    ['31 February', '260231000000Z'],
    ['29 February 1970', '700229000000Z'],
    ['no seconds, as BER allows', '2601310000Z'],
    ['an offset, as BER allows', '260131000000+0000'],
    ['no zone', '260131000000'],
    ['a four-digit year', '20260131000000Z'],
    ['a blank in the year', ' 60131000000Z'],
    ['nothing', ''],
  ])('%s', (_name, text) => {
    expect(faultOf(() => parseDerUtcTime(text, 'here'))).toMatchObject({ at: 'here' });
  });
});

describe('parseDerGeneralizedTime refuses', () => {
  it.each([
    ['31 February', '20260231000000Z'],
    ['the year 50', '00500101000000Z'],
    ['a leap second', '20161231235960Z'],
    ['a fraction', '20260131000000.5Z'],
    ['no seconds', '202601310000Z'],
    ['an offset', '20260131000000+0000'],
    ['a two-digit year', '260131000000Z'],
    ['a NUL behind', '20260131000000Z\0'],
  ])('%s', (_name, text) => {
    expect(faultOf(() => parseDerGeneralizedTime(text, 'here'))).toMatchObject({ at: 'here' });
  });
});

describe('formatTime', () => {
  it.each([
    [0, '1970-01-01T00:00:00Z'],
    [Date.UTC(2026, 0, 31, 1, 2, 3), '2026-01-31T01:02:03Z'],
    [1, '1970-01-01T00:00:00.001Z'],
    [8.64e15 + 1, 'no valid time'],
    [-8.64e15 - 1, 'no valid time'],
    [Number.NaN, 'no valid time'],
    [Number.POSITIVE_INFINITY, 'no valid time'],
  ])('%d', (ms, text) => {
    expect(formatTime(ms)).toBe(text);
  });

  it('writes what parseUtcTimestamp reads', () => {
    const ms = Date.UTC(2049, 11, 31, 23, 59, 59);
    expect(parseUtcTimestamp(formatTime(ms), 'here')).toBe(ms);
  });
});
