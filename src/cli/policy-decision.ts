import type { Appraisal } from '../appraisal/appraise/appraisal.ts';
import { appraise } from '../appraisal/appraise/appraise.ts';
import { POLICY_CHECKS } from '../appraisal/appraise/checks.ts';
import type { CompiledPolicy } from '../appraisal/appraise/compiled-policy.ts';
import type { Appraisable } from '../appraisal/appraise/subject.ts';
import type { Verification } from '../evidence/verification.ts';
import type { Io } from './io.ts';
import { readCompiledPolicy } from './policy-file.ts';
import type { Args, Options } from './verb.ts';

export { POLICY_CHECKS };

/** What every verb that verifies evidence takes besides. */
export const POLICY_OPTIONS: Options = {
  policy: {
    value: '<yaml|json>',
    help: 'decide by this measurement policy in place of the baseline alone (see postern policy)',
  },
};

export async function readPolicyOption(io: Io, args: Args): Promise<CompiledPolicy | undefined> {
  const path = args.one('policy');
  return path === undefined ? undefined : readCompiledPolicy(io, path);
}

/** The verification as it is, or the decision about it where there is a policy. */
export function decide<Result extends Appraisable>(
  result: Result,
  policy: CompiledPolicy | undefined,
): Result | Appraisal {
  return policy === undefined ? result : appraise(result, policy, Date.parse(result.at));
}

export function isAppraisal(result: Verification): result is Appraisal {
  return 'policy' in result && 'reasons' in result;
}

/** By which policy it was decided, what comes nearest, and what should not stay. */
export function policyNotes(result: Verification): readonly string[] {
  if (!isAppraisal(result)) return [];
  const { policy, nearest, warnings, labels } = result;
  const set = policy.referenceSet === undefined ? '' : `, reference set ${policy.referenceSet}`;
  const said = Object.entries(labels).map(([name, value]) => `${name} ${value}`);
  return [
    `policy ${policy.name} revision ${policy.revision} (${policy.digest})${set}`,
    ...(nearest
      ? [
          `nearest reference set ${nearest.id}: ${nearest.equal} of ${nearest.compared} registers${differing(nearest.differs)}`,
          ...(nearest.departs === undefined ? [] : [nearest.departs]),
        ]
      : []),
    ...warnings,
    ...(said.length > 0 ? [`the operator says, and nobody has proven: ${said.join(', ')}`] : []),
  ];
}

function differing(names: readonly string[]): string {
  return names.length === 0
    ? ''
    : `; ${names.join(', ')} ${names.length === 1 ? 'differs' : 'differ'}`;
}

/** What a decision has in JSON beside a verification. */
export function decisionJson(result: Verification) {
  if (!isAppraisal(result)) return {};
  const { policy, nearest, reasons, warnings, labels } = result;
  return { policy, ...(nearest && { nearest }), reasons, warnings, labels };
}
