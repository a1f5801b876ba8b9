import { sha256, sha384 } from '#crypto';
import { concatBytes } from '../../src/core/bytes/writer.ts';
import { HCL_HARDWARE_REPORT_AT } from '../../src/evidence/vtpm/hcl-report.ts';
import { type SnpSimulation, simulateSnp } from '../../src/simulator/snp/simulate.ts';
import { simulateTdx, type TdxSimulation } from '../../src/simulator/tdx/simulate.ts';
import { hcl } from './hcl.ts';
import { runtimeJson } from './tpm.ts';

/** hash_type of an HCL report. */
const HASH = { sha256: 1, sha384: 2 } as const;
/** report_type of an HCL report. */
const REPORT = { snp: 2, tdx: 4 } as const;

/** A simulated SEV-SNP machine under Azure's paravisor: its report is bound to the JSON. */
export async function azureSnp(options: SnpSimulation = {}, json: Uint8Array = runtimeJson()) {
  const reportData = concatBytes(sha256(json), new Uint8Array(32));
  const made = await simulateSnp({ ...options, request: { reportData, ...options.request } });
  const envelope = hcl({ reportType: REPORT.snp, hashType: HASH.sha256, json });
  envelope.set(made.report.subarray(0, 1184), HCL_HARDWARE_REPORT_AT);
  return { made, hcl: envelope };
}

/** The same on TDX: the envelope holds a TDREPORT that nobody reads, the quote comes beside it. */
export async function azureTdx(options: TdxSimulation = {}, json: Uint8Array = runtimeJson()) {
  const reportData = concatBytes(sha384(json), new Uint8Array(16));
  const made = await simulateTdx({ ...options, request: { reportData, ...options.request } });
  return { made, hcl: hcl({ reportType: REPORT.tdx, hashType: HASH.sha384, json }) };
}
