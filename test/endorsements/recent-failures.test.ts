import { expect, it } from 'vitest';
import type { Failure } from '../../src/endorsements/failure.ts';
import { RecentFailures } from '../../src/endorsements/recent-failures.ts';

const failure: Failure = { outcome: 'unreachable', at: 'https://a', because: 'HTTP 503' };

it('remembers for as long as it should', () => {
  const failures = new RecentFailures(1000);
  failures.remember('a', 5000, failure);
  expect(failures.recent('a', 5999)).toBe(failure);
  expect(failures.recent('a', 6000)).toBeUndefined();
  expect(failures.recent('b', 5000)).toBeUndefined();
});

it('does not lock a source out when the clock goes back', () => {
  const failures = new RecentFailures(1000);
  failures.remember('a', 5000, failure);
  expect(failures.recent('a', 4999)).toBeUndefined();
});

it('forgets after a success', () => {
  const failures = new RecentFailures(1000);
  failures.remember('a', 5000, failure);
  failures.forget('a');
  expect(failures.recent('a', 5000)).toBeUndefined();
});

it('does not grow with the names that strangers think of', () => {
  const failures = new RecentFailures(1000);
  for (let i = 0; i < 300; i++) failures.remember(`name ${i}`, 5000, failure);
  expect(failures.recent('name 0', 5000)).toBeUndefined();
  expect(failures.recent('name 44', 5000)).toBe(failure);
  expect(failures.recent('name 299', 5000)).toBe(failure);
});
