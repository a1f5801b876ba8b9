import { expect, it } from 'vitest';
import { LONG, SEED } from '../effort.ts';
import { longCampaign } from '../long-campaign.ts';
import { CERTIFICATES, EVERYTHING, MANIFESTS, REPORT } from './campaigns.ts';
import { nvidiaSubject } from './subject.ts';

const subject = nvidiaSubject();

it.each([REPORT, CERTIFICATES, MANIFESTS, EVERYTHING])(
  `changed evidence: no false accept, no exception, no cost: $name (seed ${SEED})`,
  (campaign) => {
    const { inputs } = longCampaign(campaign, subject, LONG.nvidia, 3);
    expect(inputs).toBeGreaterThanOrEqual(LONG.nvidia.inputs);
  },
);
