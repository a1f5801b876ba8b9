import { expect, it } from 'vitest';
import { LONG, SEED } from '../effort.ts';
import { longCampaign } from '../long-campaign.ts';
import { REPORT } from './campaigns.ts';
import { snpSubject } from './subject.ts';

it(`changed reports and tables: no false accept, no exception, no cost (seed ${SEED})`, () => {
  const { inputs } = longCampaign(REPORT, snpSubject(), LONG.snpReport, 5);
  expect(inputs).toBeGreaterThanOrEqual(LONG.snpReport.inputs);
});
