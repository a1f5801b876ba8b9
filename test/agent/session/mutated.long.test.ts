import { expect, it } from 'vitest';
import { agentCampaign } from '../../fuzz/agent-campaign.ts';
import { SEED } from '../../fuzz/effort.ts';

const INPUTS = 200_000;

it(`${INPUTS} damaged requests are refused, or answered whole (seed ${SEED})`, {
  timeout: 90 * 60_000,
}, async () => {
  const { refused, problems, served } = await agentCampaign(SEED, INPUTS);
  expect(refused + problems + served).toBe(INPUTS);
  expect(Math.min(refused, problems, served)).toBeGreaterThan(100);
});
