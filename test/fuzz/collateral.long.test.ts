import { expect, it } from 'vitest';
import { COLLATERAL } from './campaigns.ts';
import { LONG, SEED } from './effort.ts';
import { longCampaign } from './long-campaign.ts';

it(`changed collateral: no false accept, no exception, no cost (seed ${SEED})`, async () => {
  const { inputs } = await longCampaign(COLLATERAL, LONG.collateral);
  expect(inputs).toBeGreaterThanOrEqual(LONG.collateral.inputs);
});
