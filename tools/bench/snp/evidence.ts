import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { anchorFromCertificate, type TrustAnchor } from '../../../src/core/x509/anchors.ts';
import { type SnpClocks, snpClocksAt } from '../../../src/evidence/snp/input.ts';
import { standardTable } from '../../../src/simulator/snp/plan.ts';
import { createSnpPlatform } from '../../../src/simulator/snp/platform.ts';
import { numbered } from '../pool.ts';

/** A verifier remembers nothing of a report: enough that the machine does not either. */
const POOL_SIZE = 64;

/** Evidence of one simulated chip, in the sizes of the genuine article. */
export interface SnpEvidence {
  readonly vcek: Uint8Array;
  /** ASK and ARK, as AMD's service hands them out. */
  readonly chain: readonly Uint8Array[];
  readonly at: SnpClocks;
  readonly anchors: readonly TrustAnchor[];
  /** Each with other report data. */
  readonly reports: readonly Uint8Array[];
  /** The same with the certificates in a table behind. */
  readonly extendedReports: readonly Uint8Array[];
}

export async function simulateSnpEvidence(): Promise<SnpEvidence> {
  const platform = await createSnpPlatform({
    seed: 'bench',
    edit: (plan) => {
      plan.table = standardTable('vcek');
    },
  });
  const { vek, chain, root, at, certificateTable } = platform;
  if (!vek || !certificateTable) throw new Error('the simulator kept its certificates');
  const reports = Array.from({ length: POOL_SIZE }, (_, i) =>
    platform.report({ reportData: numbered(i) }),
  );
  return {
    vcek: vek,
    chain: [...chain, root],
    at: snpClocksAt(at),
    anchors: [anchorFromCertificate(root, 'root')],
    reports,
    extendedReports: reports.map((report) => concatBytes(report, certificateTable)),
  };
}
