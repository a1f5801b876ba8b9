import { expect, it } from 'vitest';
import { retryAfterMs } from '../../src/endorsements/retry-after.ts';

const now = Date.UTC(2026, 5, 1, 12, 0, 0);

it.each([
  [null, undefined],
  ['0', 0],
  ['30', 30_000],
  [' 7 ', 7000],
  ['Mon, 01 Jun 2026 12:00:40 GMT', 40_000],
  ['Mon, 01 Jun 2026 11:00:00 GMT', 0],
  ['soon', undefined],
  ['-1', undefined],
  ['1.5', undefined],
  ['9999999999', undefined],
  ['2026-06-01T12:00:40Z', undefined],
  ['Xxx, 99 Xxx 2026 12:00:00 GMT', undefined],
])('%s → %s', (header, ms) => {
  expect(retryAfterMs(header, now)).toBe(ms);
});
