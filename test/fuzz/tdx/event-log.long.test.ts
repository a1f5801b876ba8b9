import { expect, it } from 'vitest';
import { LONG, SEED } from '../effort.ts';
import { longCampaign } from '../long-campaign.ts';
import { EVENT_LOG } from './campaigns.ts';
import { tdxSubject } from './subject.ts';

it(`changed event logs: no false accept, no exception, no cost (seed ${SEED})`, async () => {
  const { inputs } = longCampaign(EVENT_LOG, await tdxSubject(), LONG.eventLog);
  expect(inputs).toBeGreaterThanOrEqual(LONG.eventLog.inputs);
});
