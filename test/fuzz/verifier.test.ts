import { describe, expect, it } from 'vitest';
import { type Campaign, runCampaign } from './campaign.ts';
import { COLLATERAL, EVENT_LOG, QUOTE } from './campaigns.ts';
import { effort, SEED } from './effort.ts';
import { attackMemory } from './memory.ts';
import { createOracles } from './oracles.ts';

const oracles = await createOracles();

/** `npm run test:long` goes on for 200,000 inputs. */
const SHORT = effort({ seconds: 1.2, inputs: 300 });

describe(`evidence changed on its way (seed ${SEED})`, () => {
  it.each<Omit<Campaign, 'effort'>>([QUOTE, COLLATERAL, EVENT_LOG])(
    '$name',
    { timeout: 60_000 + SHORT.seconds * 2_000 + SHORT.inputs * 50 },
    (campaign) => {
      const tally = runCampaign({ ...campaign, effort: SHORT }, oracles);
      expect(tally.inputs).toBeGreaterThanOrEqual(SHORT.inputs);
      expect(tally.verdicts.accept).toBeGreaterThan(0);
      expect(tally.verdicts.reject).toBeGreaterThan(tally.inputs / 4);
    },
  );

  it('memory', { timeout: 60_000 + SHORT.seconds * 2_000 + SHORT.inputs * 50 }, () => {
    const { asked, pairs, accepted } = attackMemory(oracles.world, SHORT);
    expect(asked).toBeGreaterThanOrEqual(SHORT.inputs);
    expect(accepted).toBeGreaterThan(3);
    expect(accepted).toBeLessThan(pairs / 4);
  });
});
