import { expect } from 'vitest';
import { type Campaign, runCampaign, type Tally } from './campaign.ts';
import { type Effort, effort, SEED } from './effort.ts';
import type { Subject } from './subject.ts';

/**
 * A campaign long enough that each mutator had its turn, and what it saw in one line.
 *
 * @param least how often that must be at least.
 */
export function longCampaign<Evidence, World>(
  campaign: Omit<Campaign<Evidence, World>, 'effort'>,
  subject: Subject<Evidence, World>,
  usual: Effort,
  least = 20,
): Tally {
  const start = performance.now();
  const tally = runCampaign({ ...campaign, effort: effort(usual) }, subject);
  const { inputs, verdicts, tried, suspects, dearest } = tally;
  const seconds = ((performance.now() - start) / 1_000).toFixed(0);
  process.stderr.write(
    `${campaign.name}, seed ${SEED}: ${inputs} inputs in ${seconds} s by ${tried.size} mutators, ${JSON.stringify(verdicts)}; ${suspects} measured again, the dearest ${dearest.ratio.toFixed(1)} honest ones (${dearest.mutators})\n`,
  );
  for (const [mutator, times] of tried) expect(times, mutator).toBeGreaterThan(least);
  expect(verdicts.accept).toBeGreaterThan(inputs / 20);
  expect(verdicts.reject).toBeGreaterThan(inputs / 4);
  return tally;
}
