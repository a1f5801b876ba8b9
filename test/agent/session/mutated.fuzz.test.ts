import { expect, it } from 'vitest';
import { agentCampaign } from '../../fuzz/agent-campaign.ts';
import { SEED } from '../../fuzz/effort.ts';

const INPUTS = 2400;

it(`${INPUTS} damaged requests are refused, or answered whole (seed ${SEED})`, {
  timeout: 120_000,
}, async () => {
  const { refused, problems, served } = await agentCampaign(SEED, INPUTS);
  expect(refused + problems + served).toBe(INPUTS);
  // Damage that nobody looked at, and damage that went no further.
  expect(Math.min(refused, problems, served)).toBeGreaterThan(0);
});
