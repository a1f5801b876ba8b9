import { BundleVerifier } from '../../../src/appraisal/bundle/verifier.ts';
import { NvidiaVerifier, verifyNvidia } from '../../../src/evidence/nvidia/verifier.ts';
import { accepted } from '../accepted.ts';
import type { Workload } from '../measure.ts';
import { pick } from '../pool.ts';
import type { NodeEvidence, NvidiaEvidence } from './evidence.ts';

export type NvidiaWorkloads = Readonly<Record<'cold' | 'warm', Workload>>;

/** Report, chain, two manifests, seven OCSP responses, all from their bytes. */
export function nvidiaWorkloads({ anchors, given, reports }: NvidiaEvidence): NvidiaWorkloads {
  return {
    cold: {
      name: 'nvidia.cold',
      prepare: () => (call) =>
        accepted(verifyNvidia({ ...given, report: pick(reports, call), anchors })),
    },
    warm: {
      name: 'nvidia.warm',
      prepare: () => {
        const verifier = new NvidiaVerifier(anchors);
        const verify = (call: number) =>
          accepted(verifier.verify({ ...given, report: pick(reports, call) }));
        verify(0);
        return verify;
      },
    },
  };
}

/** A whole machine from the bytes of its file; chains and manifests were seen before. */
export function nodeWorkload({ anchors, at, endorsements, bundles }: NodeEvidence): Workload {
  return {
    name: 'node.8gpu-4switch',
    // Beyond the pool an attestation key would have been seen; the first only warms up.
    mostCalls: bundles.length - 1,
    prepare: () => {
      const verifier = new BundleVerifier(anchors);
      const verify = (call: number) =>
        accepted(verifier.verify({ bundle: pick(bundles, call), endorsements, at }));
      verify(0);
      return (call: number) => verify(call + 1);
    },
  };
}
