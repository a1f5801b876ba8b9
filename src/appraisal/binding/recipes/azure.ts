import { sha256 } from '#crypto';
import { toHex } from '../../../core/bytes/hex.ts';
import type { JsonShape } from '../../../core/encoding/json-shape.ts';
import {
  HCL_REPORT_SIZE_LIMIT,
  parseHclReport,
  runtimeDigest,
  wantedReportData,
} from '../../../evidence/vtpm/hcl-report.ts';
import { parseRuntimeData } from '../../../evidence/vtpm/runtime-data.ts';
import type { Bind, Bound } from '../bound.ts';
import { base64Member, onlyMembers } from '../members.ts';

/**
 * Azure, a VM under the paravisor: REPORT_DATA is the hash of the runtime JSON, then zeros. The
 * JSON names the key of the vTPM; a challenge is in that vTPM's quote, and what the guest runs
 * in its registers: the CPU has measured the paravisor alone. Compared with genuine evidence of
 * both SEV-SNP and TDX.
 *
 *     { "recipe": "azure-runtime-data", "hcl": "<base64 of NV index 0x01400001>" }
 *
 * @throws Fault at the member, `hcl.<field>` or `runtime.<member>`.
 */
export function azureRuntimeData(inputs: JsonShape): Bound {
  onlyMembers(inputs, ['recipe', 'hcl']);
  const hcl = parseHclReport(base64Member(inputs, 'hcl', HCL_REPORT_SIZE_LIMIT));
  const { ak, userData } = parseRuntimeData(hcl.runtimeJson);
  const binds: readonly Bind[] = ak ? ['runtime-data', 'vtpm-ak'] : ['runtime-data'];
  return {
    reportData: wantedReportData(hcl),
    deviceNonce: undefined,
    nonce: undefined,
    binds,
    notProven: ['freshness', 'device-binding', 'workload'],
    claims: {
      runtimeHash: hcl.hash,
      runtimeDigest: toHex(runtimeDigest(hcl)),
      ...(ak && { vtpmAkModulusSha256: toHex(sha256(ak.modulus)) }),
      ...(userData && { runtimeUserData: toHex(userData) }),
    },
  };
}
