import type { Campaign } from '../campaign.ts';
import type { Evidence } from './evidence.ts';
import { honestEvidence, honestHandedOver } from './honest.ts';
import { CERTIFICATE_MUTATORS, CRL_MUTATORS } from './mutators/certificates.ts';
import { REPORT_MUTATORS } from './mutators/report.ts';
import { TABLE_MUTATORS } from './mutators/table.ts';
import { CASE_MUTATORS, WHOLE_MUTATORS } from './mutators/whole.ts';
import type { World } from './world.ts';

export type SnpCampaign = Omit<Campaign<Evidence, World>, 'effort'>;

export const REPORT: SnpCampaign = {
  name: 'SNP reports and tables',
  mutators: [...CASE_MUTATORS, ...REPORT_MUTATORS, ...TABLE_MUTATORS],
  honest: honestEvidence,
  against: 'known platform',
};

export const CERTIFICATES: SnpCampaign = {
  name: 'SNP certificates and lists',
  mutators: [...CASE_MUTATORS, ...CERTIFICATE_MUTATORS, ...CRL_MUTATORS],
  honest: honestEvidence,
  against: 'nothing known',
};

/** Certificates that are judged without a report. */
export const CHAIN: SnpCampaign = {
  ...CERTIFICATES,
  name: 'SNP certificates alone',
  mutators: [...CERTIFICATE_MUTATORS, ...CRL_MUTATORS],
  honest: honestHandedOver,
};

/** All at once: report, table, certificates and list of one input may each be changed. */
export const EVERYTHING: SnpCampaign = {
  name: 'SNP evidence, everything',
  mutators: [
    ...CASE_MUTATORS,
    ...WHOLE_MUTATORS,
    ...REPORT_MUTATORS,
    ...TABLE_MUTATORS,
    ...CERTIFICATE_MUTATORS,
    ...CRL_MUTATORS,
  ],
  honest: honestEvidence,
  against: 'nothing known',
};
