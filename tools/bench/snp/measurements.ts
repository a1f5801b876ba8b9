import { type Measurement, row } from '../measure.ts';
import { simulateSnpEvidence } from './evidence.ts';
import { p384Limit } from './limits.ts';
import { snpWorkloads } from './workloads.ts';

/** The rows about SEV-SNP, in the order printed. */
export async function snpMeasurements(): Promise<readonly Measurement[]> {
  const evidence = await simulateSnpEvidence();
  const limit = p384Limit(evidence);
  const snp = snpWorkloads(evidence);
  return [
    row({ subject: limit }),
    // Two RSA verifications and three certificates in six tenths of one P-384 verification.
    row({ subject: snp.cold, against: limit, atLeast: 1 / 1.6 }),
    row({ subject: snp.warm, against: limit, atLeast: 0.9 }),
    row({ subject: snp.table, against: limit }),
  ];
}
