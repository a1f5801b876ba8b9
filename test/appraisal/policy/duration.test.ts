import { readFileSync } from 'node:fs';
import { Value } from 'typebox/value';
import { expect, it } from 'vitest';
import { durationMs } from '../../../src/appraisal/policy/duration.ts';
import { tryPolicy } from '../../../src/appraisal/policy/read-policy.ts';
import { Duration } from '../../../src/appraisal/policy/schema/values.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';

const TEN_YEARS = 3650 * 86_400_000;

it.each([
  { unit: 's', most: 999_999 },
  { unit: 'm', most: 999_999 },
  { unit: 'h', most: 87_600 },
  { unit: 'd', most: 3650 },
])('is any number of $unit from 1 to $most, and none above ten years', ({ unit, most }) => {
  const fits = (count: number) => Value.Check(Duration, `${count}${unit}`);
  const wrong: number[] = [];
  for (let count = 1; count <= 110_000; count++)
    if (fits(count) !== count <= most) wrong.push(count);
  expect(wrong).toEqual([]);
  expect([fits(0), fits(most), fits(most + 1), fits(9_999_999)]).toEqual([
    false,
    true,
    false,
    false,
  ]);
  expect(durationMs(`${most}${unit}`)).toBeLessThanOrEqual(TEN_YEARS);
});

it('is refused where it is longer, with the longest', () => {
  const file = new URL('../../../policies/snp-validator-services.yaml', import.meta.url);
  const long = readFileSync(file, 'utf8').replace('nonceTtl: 60s', 'nonceTtl: 999999d');
  expect(tryPolicy(utf8(long)).problems).toEqual([
    expect.objectContaining({
      path: 'spec.freshness.nonceTtl',
      problem: 'want a duration up to 3650d, e.g. 90s, 15m, 24h or 7d, got "999999d"',
      line: expect.any(Number),
    }),
  ]);
});
