import { isAppraisal } from '../appraisal/result/result-json.ts';
import type { Verification } from '../evidence/verification.ts';

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
