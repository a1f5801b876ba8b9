import { describe, expect, it } from 'vitest';
import { type Campaign, runCampaign } from '../campaign.ts';
import { effort, SEED } from '../effort.ts';
import { attackMemory } from '../memory.ts';
import { COLLATERAL, EVENT_LOG, QUOTE } from './campaigns.ts';
import type { Evidence } from './evidence.ts';
import { pairsOf } from './memory.ts';
import { tdxSubject } from './subject.ts';
import type { World } from './world.ts';

const subject = await tdxSubject();

/** `npm run test:long` goes on for 200,000 inputs. */
const SHORT = effort({ seconds: 1.2, inputs: 300 });

describe(`evidence changed on its way (seed ${SEED})`, () => {
  it.each<Omit<Campaign<Evidence, World>, 'effort'>>([QUOTE, COLLATERAL, EVENT_LOG])(
    '$name',
    { timeout: 60_000 + SHORT.seconds * 2_000 + SHORT.inputs * 50 },
    (campaign) => {
      const tally = runCampaign({ ...campaign, effort: SHORT }, subject);
      expect(tally.inputs).toBeGreaterThanOrEqual(SHORT.inputs);
      expect(tally.verdicts.accept).toBeGreaterThan(0);
      expect(tally.verdicts.reject).toBeGreaterThan(tally.inputs / 4);
    },
  );

  it('memory', { timeout: 60_000 + SHORT.seconds * 2_000 + SHORT.inputs * 50 }, () => {
    const { asked, questions, accepted } = attackMemory(pairsOf(subject.world), SHORT);
    expect(asked).toBeGreaterThanOrEqual(SHORT.inputs);
    expect(accepted).toBeGreaterThan(3);
    expect(accepted).toBeLessThan(questions / 4);
  });
});
