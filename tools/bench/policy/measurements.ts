import { appraise } from '../../../src/appraisal/appraise/appraise.ts';
import { readPolicy } from '../../../src/appraisal/policy/read-policy.ts';
import { accepted } from '../accepted.ts';
import { type Measurement, row, type Workload } from '../measure.ts';
import { simulateNodeEvidence } from '../nvidia/evidence.ts';
import { nodeLimit } from '../nvidia/limits.ts';
import { simulateTdxEvidence } from '../tdx/evidence.ts';
import { tdxLimits } from '../tdx/limits.ts';
import { type Case, nodeCase, quoteCase } from './evidence.ts';

/** The rows about policies, in the order printed: a decision beside the signatures before it. */
export async function policyMeasurements(): Promise<readonly Measurement[]> {
  const node = await simulateNodeEvidence();
  const quote = await simulateTdxEvidence();
  const [machine, alone] = [nodeCase(node), quoteCase(quote)];
  return [
    row({ subject: appraisal('appraise.node', machine), against: nodeLimit(node), atLeast: 20 }),
    row({ subject: appraisal('appraise.tdx', alone), against: tdxLimits(quote).tdx }),
    row({ subject: reading(machine) }),
  ];
}

function appraisal(name: string, { verification, policy, now }: Case): Workload {
  return { name, prepare: () => () => accepted(appraise(verification, policy, now)) };
}

function reading({ text }: Case): Workload {
  return { name: 'policy.read', prepare: () => () => void readPolicy(text) };
}
