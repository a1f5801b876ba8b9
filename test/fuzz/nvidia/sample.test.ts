import { expect, it } from 'vitest';
import { runCampaign } from '../campaign.ts';
import { SEED } from '../effort.ts';
import { EVERYTHING } from './campaigns.ts';
import { nvidiaSubject } from './subject.ts';

/** Few, since this also runs where one signature takes milliseconds. */
const EFFORT = { seconds: 0, inputs: 25 };

it(`a sample under any crypto: ${EVERYTHING.name} (seed ${SEED})`, { timeout: 120_000 }, () => {
  const { inputs, verdicts } = runCampaign({ ...EVERYTHING, effort: EFFORT }, nvidiaSubject());
  expect(inputs).toBe(EFFORT.inputs);
  expect(verdicts.reject).toBeGreaterThan(0);
});
