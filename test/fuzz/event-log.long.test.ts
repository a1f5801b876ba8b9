import { expect, it } from 'vitest';
import { EVENT_LOG } from './campaigns.ts';
import { LONG, SEED } from './effort.ts';
import { longCampaign } from './long-campaign.ts';

it(`changed event logs: no false accept, no exception, no cost (seed ${SEED})`, async () => {
  const { inputs } = await longCampaign(EVENT_LOG, LONG.eventLog);
  expect(inputs).toBeGreaterThanOrEqual(LONG.eventLog.inputs);
});
