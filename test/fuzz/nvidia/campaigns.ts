import type { Campaign } from '../campaign.ts';
import type { Evidence } from './evidence.ts';
import { CHAIN_MUTATORS, HARMLESS_CHAIN_MUTATORS } from './mutators/chain.ts';
import { OCSP_MUTATORS } from './mutators/ocsp.ts';
import { REPORT_MUTATORS, STRANGER_MUTATORS } from './mutators/report.ts';
import { RIM_MUTATORS } from './mutators/rims.ts';
import type { World } from './world.ts';

export type NvidiaCampaign = Omit<Campaign<Evidence, World>, 'effort'>;

const honest: NvidiaCampaign['honest'] = (random, world) => random.pick(world.honest);

/** Of a machine that was seen before. */
export const REPORT: NvidiaCampaign = {
  name: 'NVIDIA reports',
  mutators: [...REPORT_MUTATORS, ...HARMLESS_CHAIN_MUTATORS],
  honest,
  against: 'known platform',
};

export const CERTIFICATES: NvidiaCampaign = {
  name: 'NVIDIA certificates and OCSP responses',
  mutators: [...CHAIN_MUTATORS, ...OCSP_MUTATORS, ...STRANGER_MUTATORS],
  honest,
  against: 'nothing known',
};

export const MANIFESTS: NvidiaCampaign = {
  name: 'NVIDIA manifests',
  mutators: RIM_MUTATORS,
  honest,
  against: 'nothing known',
};

/** All at once. */
export const EVERYTHING: NvidiaCampaign = {
  name: 'NVIDIA evidence, everything',
  mutators: [
    ...REPORT_MUTATORS,
    ...STRANGER_MUTATORS,
    ...CHAIN_MUTATORS,
    ...RIM_MUTATORS,
    ...OCSP_MUTATORS,
  ],
  honest,
  against: 'nothing known',
};
