import { expect, it } from 'vitest';
import { LONG, SEED } from '../effort.ts';
import { longCampaign } from '../long-campaign.ts';
import { MACHINE, machineSubject } from './machine.ts';

it(`changed machines: no false accept, no exception, no cost (seed ${SEED})`, () => {
  const { inputs } = longCampaign(MACHINE, machineSubject(), LONG.nvidia);
  expect(inputs).toBeGreaterThanOrEqual(LONG.nvidia.inputs);
});
