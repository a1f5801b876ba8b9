import type { Appraisal } from '../../../appraisal/appraise/appraisal.ts';
import { treeJson } from '../../../appraisal/result/result-json.ts';
import type { MachineAppraisal } from '../../../gateway/fleet/verifying.ts';
import type { HardwarePieces } from '../../../ledger/record/outcome.ts';

/**
 * An appraisal as plain data: claims written out, endorsements hashed, and of what the verifier
 * parsed only what says which machine it is.
 */
export function plainAppraisal({
  verified,
  appraisal,
  result,
}: MachineAppraisal): MachineAppraisal {
  const { binding, endorsements } = appraisal;
  const plain = {
    ...treeJson(appraisal),
    ...(endorsements && { endorsements }),
    binding,
  } as Appraisal;
  return { verified: { pieces: plainPieces(verified.pieces) }, appraisal: plain, result };
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
