import { parentPort, workerData } from 'node:worker_threads';
import { type CompiledPolicy, compilePolicy } from '../../../appraisal/appraise/compiled-policy.ts';
import { parseBundle } from '../../../appraisal/bundle/format.ts';
import { readPolicy } from '../../../appraisal/policy/read-policy.ts';
import { faultData } from '../../../core/fault-data.ts';
import { Memory } from '../../../evidence/memory.ts';
import { MachineVerifier } from '../../../gateway/fleet/machine-verifier.ts';
import type { WrittenPolicy } from '../../../gateway/fleet/verifying.ts';
import { anchorsOf } from '../../../ledger/record/anchors.ts';
import { withOwnBuffers } from './own-buffers.ts';
import type { Said } from './pool-thread.ts';
import type { VerificationAsked, VerificationBeginning } from './verification-work.ts';

/** Those of all pools of a gateway, and some that were replaced; by the bytes of their texts. */
const POLICIES = { entries: 64, weight: 64 * 1024 * 1024 };

/**
 * A thread that verifies: one machine after the other, and what it learnt of chains, endorsements
 * and policies serves the next.
 */
function serve(port: NonNullable<typeof parentPort>): void {
  const { anchors } = workerData as VerificationBeginning;
  const verifier = new MachineVerifier(anchorsOf(anchors, 'anchors'));
  const compiled = new Memory<string, CompiledPolicy>(POLICIES);
  const policyOf = ({ digest, canonical }: WrittenPolicy): CompiledPolicy => {
    const known = compiled.get(digest);
    if (known !== undefined) return known;
    const policy = compilePolicy(readPolicy(canonical));
    compiled.set(policy.read.digest, policy, canonical.length);
    return policy;
  };
  const answer = (asked: VerificationAsked): unknown => {
    const bundle = parseBundle(asked.work.bundle);
    if (asked.ask === 'appraise') {
      const { work } = asked;
      const { verified, appraisal, result } = verifier.appraise(work, {
        bundle,
        policy: policyOf(work.policy),
      });
      const binding = withOwnBuffers(appraisal.binding);
      // All the rest of the appraisal is text.
      return { verified: withOwnBuffers(verified), appraisal: { ...appraisal, binding }, result };
    }
    const { work } = asked;
    const policy = work.policy && policyOf(work.policy);
    return verifier.verify(work, { bundle, ...(policy && { policy }) });
  };
  const say = (said: Said) => port.postMessage(said);
  port.on('message', (asked: VerificationAsked) => {
    try {
      say({ value: answer(asked) });
    } catch (error) {
      say({ fault: faultData(error, 'verification') });
    }
  });
  say('ready');
}

if (parentPort !== null) serve(parentPort);
