import { describe, expect, it } from 'vitest';
import { runCampaign } from '../campaign.ts';
import { effort, SEED } from '../effort.ts';
import { attackMemory } from '../memory.ts';
import { CERTIFICATES, EVERYTHING, MANIFESTS, REPORT } from './campaigns.ts';
import { alike } from './memory.ts';
import { nvidiaSubject } from './subject.ts';

const subject = nvidiaSubject();

/** `npm run test:long` goes on for longer. */
const SHORT = effort({ seconds: 0.3, inputs: 50 });
const TIMEOUT = 60_000 + SHORT.seconds * 2_000 + SHORT.inputs * 50;

describe(`NVIDIA evidence changed on its way (seed ${SEED})`, () => {
  it.each([
    [REPORT.name, REPORT],
    [CERTIFICATES.name, CERTIFICATES],
    [MANIFESTS.name, MANIFESTS],
    [EVERYTHING.name, EVERYTHING],
  ] as const)('%s', { timeout: TIMEOUT }, (_name, campaign) => {
    const tally = runCampaign({ ...campaign, effort: SHORT }, subject);
    expect(tally.inputs).toBeGreaterThanOrEqual(SHORT.inputs);
    expect(tally.verdicts.accept).toBeGreaterThan(0);
    expect(tally.verdicts.reject).toBeGreaterThan(tally.inputs / 5);
  });

  it('memory', { timeout: TIMEOUT }, () => {
    const { asked, questions, accepted } = attackMemory(alike(subject.world), SHORT);
    expect(asked).toBeGreaterThanOrEqual(SHORT.inputs);
    expect(accepted).toBeGreaterThan(3);
    expect(accepted).toBeLessThan(questions / 4);
  });
});
