import { expect, it } from 'vitest';
import { runCampaign } from '../campaign.ts';
import { effort, SEED } from '../effort.ts';
import { VTPM } from './campaigns.ts';
import { vtpmSubject } from './subject.ts';

const SHORT = effort({ seconds: 1, inputs: 300 });

it(`vTPM evidence changed on its way (seed ${SEED})`, {
  timeout: 60_000 + SHORT.seconds * 2_000,
}, () => {
  const { inputs, verdicts } = runCampaign({ ...VTPM, effort: SHORT }, vtpmSubject());
  expect(inputs).toBeGreaterThanOrEqual(SHORT.inputs);
  expect(verdicts.accept).toBeGreaterThan(0);
  expect(verdicts.reject).toBeGreaterThan(inputs / 4);
});
