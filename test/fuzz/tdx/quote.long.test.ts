import { expect, it } from 'vitest';
import { LONG, SEED } from '../effort.ts';
import { longCampaign } from '../long-campaign.ts';
import { QUOTE } from './campaigns.ts';
import { tdxSubject } from './subject.ts';

it(`changed quotes: no false accept, no exception, no cost (seed ${SEED})`, async () => {
  const { inputs } = longCampaign(QUOTE, await tdxSubject(), LONG.quote);
  expect(inputs).toBeGreaterThanOrEqual(LONG.quote.inputs);
});
