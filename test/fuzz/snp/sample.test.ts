import { expect, it } from 'vitest';
import { runCampaign } from '../campaign.ts';
import { SEED } from '../effort.ts';
import { CERTIFICATES, EVERYTHING, REPORT } from './campaigns.ts';
import { snpSubject } from './subject.ts';

const subject = snpSubject();

/** Few, since this also runs where one signature takes milliseconds. */
const EFFORT = { seconds: 0, inputs: 70 };

it.each([REPORT, CERTIFICATES, EVERYTHING])(
  `a sample under any crypto: $name (seed ${SEED})`,
  { timeout: 120_000 },
  (campaign) => {
    const { inputs, verdicts } = runCampaign({ ...campaign, effort: EFFORT }, subject);
    expect(inputs).toBe(EFFORT.inputs);
    expect(verdicts.reject).toBeGreaterThan(0);
  },
);
