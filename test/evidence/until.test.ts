import { expect, it } from 'vitest';
import { UNBOUNDED, untilMember, untilOfAll } from '../../src/evidence/until.ts';

it('says nothing of what has no end', () => {
  expect(untilMember(UNBOUNDED)).toEqual({});
  expect(untilOfAll([{}, undefined])).toEqual({});
});

it('is cut down to the second: an answer never outlives what it rests on', () => {
  const ms = Date.UTC(2026, 5, 1, 12, 0, 0, 999);
  expect(untilMember(ms)).toEqual({ until: '2026-06-01T12:00:00Z' });
});

it('of a time that is none is no time, and not silence', () => {
  expect(untilMember(Number.NaN)).toEqual({ until: 'no valid time' });
});

it('of several is the first, in whatever order', () => {
  const parts = ['9999-12-31T23:59:59Z', '2026-06-01T00:00:00Z', '2026-06-01T00:00:01Z'].map(
    (until) => ({ until }),
  );
  const first = { until: '2026-06-01T00:00:00Z' };
  expect(untilOfAll([...parts, {}])).toEqual(first);
  expect(untilOfAll(parts.toReversed())).toEqual(first);
  expect(untilOfAll(parts, Date.UTC(2026, 4, 31))).toEqual({ until: '2026-05-31T00:00:00Z' });
});
