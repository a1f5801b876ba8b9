import { expect, it } from 'vitest';
import { QUOTE } from './campaigns.ts';
import { LONG, SEED } from './effort.ts';
import { longCampaign } from './long-campaign.ts';

it(`changed quotes: no false accept, no exception, no cost (seed ${SEED})`, async () => {
  const { inputs } = await longCampaign(QUOTE, LONG.quote);
  expect(inputs).toBeGreaterThanOrEqual(LONG.quote.inputs);
});
