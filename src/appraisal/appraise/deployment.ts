import { toHex } from '../../core/bytes/hex.ts';
import type { CheckList } from '../../evidence/check-list.ts';
import type { Deployment } from '../policy/schema/whole.ts';
import type { PolicyCheckId } from './checks.ts';
import type { FoundSet } from './reference-sets.ts';
import type { Subject } from './subject.ts';

/**
 * One of the operator's own machines? The same software on anybody's genuine hardware has the
 * same measurements, and keys that whoever owns that hardware may have asked for.
 */
export function checkDeployment(
  checks: CheckList<PolicyCheckId>,
  rule: Deployment,
  { cpu }: Subject,
  { matched }: FoundSet,
): void {
  const id = 'policy.deployment.identity';
  if ('skip' in rule) {
    checks.skipped(id, rule.skip);
    return;
  }
  if ('register' in rule) {
    // Reading the policy has made sure that every set compares this register.
    if (matched) checks.pass(id);
    else checks.unresolved(id, `${rule.register} is as good as the reference set, and none fits`);
    return;
  }
  const [known, got] =
    'chipIds' in rule
      ? [rule.chipIds, cpu && 'line' in cpu ? cpu.report?.chipId : undefined]
      : [rule.platformInstanceIds, cpu && 'quote' in cpu ? cpu.pck?.platformInstanceId : undefined];
  if (got === undefined) {
    checks.unresolved(id, 'the evidence does not say which machine it is of');
    return;
  }
  const own = known.includes(toHex(got));
  checks.answer(id, own ? undefined : { want: `one of ${known.length} machines`, got: toHex(got) });
}
