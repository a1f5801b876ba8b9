import { SnpVerifier, verifySnp } from '../../../src/evidence/snp/verifier.ts';
import { accepted } from '../accepted.ts';
import type { Workload } from '../measure.ts';
import { pick } from '../pool.ts';
import type { SnpEvidence } from './evidence.ts';

export type SnpWorkloads = Readonly<Record<'cold' | 'warm' | 'table', Workload>>;

export function snpWorkloads(evidence: SnpEvidence): SnpWorkloads {
  const { vcek: vek, chain, at, anchors, reports, extendedReports } = evidence;
  return {
    cold: {
      name: 'snp.cold',
      prepare: () => (call) =>
        accepted(verifySnp({ report: pick(reports, call), vek, chain, at, anchors })),
    },
    warm: {
      name: 'snp.warm',
      prepare: () => {
        const verifier = new SnpVerifier(anchors);
        const verify = (call: number) =>
          accepted(verifier.verify({ report: pick(reports, call), vek, chain, at }));
        verify(0);
        return verify;
      },
    },
    table: {
      name: 'snp.table',
      prepare: () => (call) =>
        accepted(verifySnp({ report: pick(extendedReports, call), at, anchors })),
    },
  };
}
