import { concatBytes } from '../../core/bytes/writer.ts';
import type { SnpQuestions } from './faults/fault.ts';
import { snpCase } from './faults/table.ts';
import {
  createSnpPlatform,
  type SnpPlatform,
  type SnpPlatformOptions,
  type SnpReportRequest,
} from './platform.ts';

export interface SnpSimulation extends SnpPlatformOptions {
  readonly request?: SnpReportRequest;
}

/** One piece of evidence with all that is needed to verify it. */
export interface SimulatedSnp
  extends Pick<SnpPlatform, 'vek' | 'chain' | 'crl' | 'root' | 'at' | 'plan'> {
  /** 1184 bytes, unless the fault is about the length. */
  readonly report: Uint8Array;
  /** The report with its certificate table, where the case has one; to be verified in its stead. */
  readonly extendedReport?: Uint8Array;
  /** What the fault wants to be asked beyond the baseline. */
  readonly questions: SnpQuestions;
}

/** One report of a platform that is made for it. */
export async function simulateSnp(options: SnpSimulation = {}): Promise<SimulatedSnp> {
  const { request = {}, ...platformOptions } = options;
  const { certificateTable, report, ...made } = await createSnpPlatform(platformOptions);
  const bytes = report(request);
  const reportData = request.reportData ?? made.plan.report.reportData;
  const asks = options.fault && snpCase(options.fault).asks;
  return {
    ...made,
    report: bytes,
    ...(certificateTable && { extendedReport: concatBytes(bytes, certificateTable) }),
    questions: asks?.({ reportData }) ?? {},
  };
}
