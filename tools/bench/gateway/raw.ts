import { parseBundle } from '../../../src/appraisal/bundle/format.ts';
import { MachineVerifier } from '../../../src/gateway/fleet/machine-verifier.ts';
import type { MachineAppraisal, PolicyWork } from '../../../src/gateway/fleet/verifying.ts';
import type { FleetEvidence } from './fleet-evidence.ts';

/** The verifier by itself, in this thread, under the policy; what it remembers stays. */
export function rawAppraiser({ anchors, published, used, at }: FleetEvidence) {
  const verifier = new MachineVerifier(anchors);
  const { compiled } = used;
  const { digest, canonical } = compiled.read;
  const workOf = (bundle: Uint8Array, expected: PolicyWork['expected']): PolicyWork => ({
    bundle,
    at,
    endorsements: published,
    expected,
    policy: { digest, canonical },
  });
  return {
    workOf,
    appraise: (work: PolicyWork): MachineAppraisal => {
      const read = { bundle: parseBundle(work.bundle), policy: compiled };
      const made = verifier.appraise(work, read);
      const { verdict, reasons } = made.appraisal;
      if (verdict !== 'accept') throw new Error(`${verdict}: ${reasons[0]?.text}`);
      return made;
    },
  };
}
