import { expect, it } from 'vitest';
import { SEED } from '../fuzz/effort.ts';
import { campaign, requestTarget, responseTarget } from './mutations.ts';

it.each([
  { name: 'requests', makeTarget: requestTarget },
  { name: 'responses', makeTarget: responseTarget },
])(`100,000 damaged $name are refused, or whole (seed ${SEED})`, ({ makeTarget }) => {
  const outcomes = campaign(makeTarget, SEED, 100_000);
  for (const kind of ['decrypt', 'incomplete', 'oversized']) {
    expect(outcomes.get(kind) ?? 0).toBeGreaterThan(100);
  }
});
