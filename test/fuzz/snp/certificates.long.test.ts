import { expect, it } from 'vitest';
import { LONG, SEED } from '../effort.ts';
import { longCampaign } from '../long-campaign.ts';
import { CERTIFICATES, CHAIN } from './campaigns.ts';
import { snpChainSubject } from './chain-subject.ts';
import { snpSubject } from './subject.ts';

it(`changed certificates and lists: no false accept, no exception, no cost (seed ${SEED})`, () => {
  const { inputs } = longCampaign(CERTIFICATES, snpSubject(), LONG.snpCertificates, 5);
  expect(inputs).toBeGreaterThanOrEqual(LONG.snpCertificates.inputs);
});

it(`changed certificates without a report (seed ${SEED})`, () => {
  const { inputs } = longCampaign(CHAIN, snpChainSubject(), LONG.snpChain, 5);
  expect(inputs).toBeGreaterThanOrEqual(LONG.snpChain.inputs);
});
