import { describe, expect, it } from 'vitest';
import { runCampaign } from '../campaign.ts';
import { effort, SEED } from '../effort.ts';
import { attackMemory } from '../memory.ts';
import { CERTIFICATES, CHAIN, EVERYTHING, REPORT } from './campaigns.ts';
import { snpChainSubject } from './chain-subject.ts';
import { alike } from './memory.ts';
import { snpSubject } from './subject.ts';

const subject = snpSubject();

/** `npm run test:long` goes on for longer. */
const SHORT = effort({ seconds: 1, inputs: 150 });
const TIMEOUT = 60_000 + SHORT.seconds * 2_000 + SHORT.inputs * 50;

describe(`SNP evidence changed on its way (seed ${SEED})`, () => {
  it.each([
    [REPORT.name, REPORT, subject],
    [CERTIFICATES.name, CERTIFICATES, subject],
    [CHAIN.name, CHAIN, snpChainSubject()],
    [EVERYTHING.name, EVERYTHING, subject],
  ] as const)('%s', { timeout: TIMEOUT }, (_name, campaign, about) => {
    const tally = runCampaign({ ...campaign, effort: SHORT }, about);
    expect(tally.inputs).toBeGreaterThanOrEqual(SHORT.inputs);
    expect(tally.verdicts.accept).toBeGreaterThan(0);
    expect(tally.verdicts.reject).toBeGreaterThan(tally.inputs / 4);
  });

  it('memory', { timeout: TIMEOUT }, () => {
    const { asked, questions, accepted } = attackMemory(alike(subject.world), SHORT);
    expect(asked).toBeGreaterThanOrEqual(SHORT.inputs);
    expect(accepted).toBeGreaterThan(3);
    expect(accepted).toBeLessThan(questions / 4);
  });
});
