import { expect, it } from 'vitest';
import { LONG, SEED } from '../effort.ts';
import { longCampaign } from '../long-campaign.ts';
import { COLLATERAL } from './campaigns.ts';
import { tdxSubject } from './subject.ts';

it(`changed collateral: no false accept, no exception, no cost (seed ${SEED})`, async () => {
  const { inputs } = longCampaign(COLLATERAL, await tdxSubject(), LONG.collateral);
  expect(inputs).toBeGreaterThanOrEqual(LONG.collateral.inputs);
});
