import { expect, it } from 'vitest';
import { runCampaign } from '../campaign.ts';
import { effort, SEED } from '../effort.ts';
import { MACHINE, machineSubject } from './machine.ts';

const SHORT = effort({ seconds: 0.3, inputs: 40 });

it(`${MACHINE.name}, changed on their way (seed ${SEED})`, {
  timeout: 60_000 + SHORT.seconds * 2_000,
}, () => {
  const { inputs, verdicts } = runCampaign({ ...MACHINE, effort: SHORT }, machineSubject());
  expect(inputs).toBeGreaterThanOrEqual(SHORT.inputs);
  expect(verdicts.accept).toBeGreaterThan(0);
  expect(verdicts.reject).toBeGreaterThan(inputs / 4);
});
