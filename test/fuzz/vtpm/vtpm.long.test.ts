import { expect, it } from 'vitest';
import { LONG, SEED } from '../effort.ts';
import { longCampaign } from '../long-campaign.ts';
import { VTPM } from './campaigns.ts';
import { vtpmSubject } from './subject.ts';

it(`changed vTPM evidence: no false accept, no exception, no cost (seed ${SEED})`, () => {
  const { inputs } = longCampaign(VTPM, vtpmSubject(), LONG.vtpm);
  expect(inputs).toBeGreaterThanOrEqual(LONG.vtpm.inputs);
});
