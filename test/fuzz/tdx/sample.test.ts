import { expect, it } from 'vitest';
import { type Campaign, runCampaign } from '../campaign.ts';
import { SEED } from '../effort.ts';
import { COLLATERAL, EVENT_LOG, EVERYTHING, QUOTE } from './campaigns.ts';
import type { Evidence } from './evidence.ts';
import { tdxSubject } from './subject.ts';
import type { World } from './world.ts';

const subject = await tdxSubject();

/** Few, since this also runs where one signature takes milliseconds. */
const EFFORT = { seconds: 0, inputs: 100 };

it.each<Omit<Campaign<Evidence, World>, 'effort'>>([QUOTE, COLLATERAL, EVENT_LOG, EVERYTHING])(
  `a sample under any crypto: $name (seed ${SEED})`,
  { timeout: 120_000 },
  (campaign) => {
    const { inputs, verdicts } = runCampaign({ ...campaign, effort: EFFORT }, subject);
    expect(inputs).toBe(EFFORT.inputs);
    expect(verdicts.reject).toBeGreaterThan(0);
  },
);
