import { parseSnpReport, SNP_REPORT_SIZE, type SnpReport } from '../evidence/snp/report.ts';
import { decodeEvidence } from './input.ts';
import type { Io } from './io.ts';

/**
 * A report, for what it says only: nothing is verified. What stands behind it (an extended
 * report's certificate table) is left alone.
 */
export async function readReportFile(io: Io, path: string): Promise<SnpReport> {
  return parseSnpReport(decodeEvidence(await io.readFile(path)).subarray(0, SNP_REPORT_SIZE));
}
