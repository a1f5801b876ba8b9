import type { CheckList } from '../../evidence/check-list.ts';
import type { Policy } from '../policy/schema/policy.ts';
import { POLICY_CHECKS, type PolicyCheckId } from './checks.ts';

const IDS = Object.keys(POLICY_CHECKS) as readonly PolicyCheckId[];

/** Groups of questions that every policy asks, by the beginnings of their ids. */
const ALWAYS = [
  'policy.lifecycle',
  'policy.evidence.',
  'policy.reference_set.',
  'policy.composite.',
  'policy.binding.',
  'policy.workload.',
  'policy.deployment.',
  'policy.log.',
] as const;

/**
 * All that this policy asks: one of these without an answer admits nobody, whatever the reason
 * why it was not asked.
 */
export function requiredBy({ spec }: Policy): ReadonlySet<PolicyCheckId> {
  const groups = [
    ...ALWAYS,
    spec.evidence.cpu.type === 'intel-tdx' ? 'policy.tdx.' : 'policy.snp.',
    ...(spec.evidence.gpu ? ['policy.gpu.'] : []),
    ...(spec.evidence.nvswitch ? ['policy.nvswitch.'] : []),
    ...(spec.evidence.vtpm ? ['policy.vtpm.'] : []),
    ...(spec.assertions.length > 0 ? ['policy.assertion'] : []),
  ];
  return new Set(IDS.filter((id) => groups.some((group) => id.startsWith(group))));
}

/** Nobody is refused without being told why: what could not be asked says that it could not. */
export function answerTheRest(
  checks: CheckList<PolicyCheckId>,
  required: ReadonlySet<PolicyCheckId>,
): void {
  const answered = new Set<string>();
  for (const { id } of checks.all) answered.add(id);
  for (const id of required) {
    if (!answered.has(id)) checks.unresolved(id, 'what it is about is not there, or can’t be read');
  }
}
