import type { Appraisal } from '../../appraisal/appraise/appraisal.ts';
import { treeJson } from '../../appraisal/result/result-json.ts';
import { type HardwarePieces, recordedResult } from '../../ledger/record/outcome.ts';
import type { MachineAppraisal } from './verifying.ts';

/**
 * An appraisal as plain data: of what the verifier parsed only what says which machine it is. Claims
 * are written out and endorsements hashed here, once, however often somebody reads them.
 */
export function plainAppraisal(
  { pieces }: { readonly pieces: HardwarePieces },
  appraisal: Appraisal,
): MachineAppraisal {
  const { binding, endorsements } = appraisal;
  const plain = {
    ...treeJson(appraisal),
    ...(endorsements && { endorsements }),
    binding,
  } as Appraisal;
  const verified = { pieces: plainPieces(pieces) };
  return { verified, appraisal: plain, result: recordedResult(plain) };
}

function plainPieces({ cpu, devices }: HardwarePieces): HardwarePieces {
  return {
    cpu: cpu && {
      evidence: cpu.evidence,
      ...(cpu.report && { report: { chipId: cpu.report.chipId } }),
      ...(cpu.pck && {
        pck: { ppid: cpu.pck.ppid, platformInstanceId: cpu.pck.platformInstanceId },
      }),
    },
    devices: devices.map(({ evidence, identity }) => ({
      evidence,
      ...(identity && { identity: { ueid: identity.ueid } }),
    })),
  };
}
