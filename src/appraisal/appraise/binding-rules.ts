import { toHex } from '../../core/bytes/hex.ts';
import type { CheckList } from '../../evidence/check-list.ts';
import type { Bind } from '../binding/bound.ts';
import type { KeysetKey } from '../binding/keyset-key.ts';
import type { Binding } from '../binding/recipe.ts';
import { weightsOf } from '../bundle/weights.ts';
import type { Policy } from '../policy/schema/policy.ts';
import type { Bindings, KEY_USES } from '../policy/schema/whole.ts';
import type { PolicyCheckId } from './checks.ts';
import { passedIn } from './passed-in.ts';
import type { Subject } from './subject.ts';

type Checks = CheckList<PolicyCheckId>;
type KeyUse = (typeof KEY_USES)[number];

const BINDING_CHECKS = [
  'policy.binding.recipe',
  'policy.binding.keys',
  'policy.binding.purpose',
  'policy.binding.challenge',
] as const satisfies readonly PolicyCheckId[];

/** The keys that a client is going to use, and who asked for the evidence. */
export function checkBindings(
  checks: Checks,
  { bindings }: Policy['spec'],
  { binding, whole }: Subject,
): void {
  if ('skip' in bindings) {
    for (const id of BINDING_CHECKS) checks.skipped(id, bindings.skip);
    return;
  }
  if (binding === undefined) {
    const because = 'evidence by itself does not say what it binds: want a bundle';
    for (const id of BINDING_CHECKS) checks.unresolved(id, because);
    return;
  }
  checkRecipe(checks, bindings, binding);
  checkKeys(checks, bindings.keys, binding);
  checkPurpose(checks, bindings.purposes, binding);
  const id = 'policy.binding.challenge';
  if (typeof bindings.challenge === 'object') checks.skipped(id, bindings.challenge.skip);
  else if (passedIn(whole.checks, 'bundle.nonce') && isCommitted(whole.checks)) checks.pass(id);
  else checks.unresolved(id, 'no challenge is shown to be answered: it may be a recording');
}

function isCommitted(checks: Subject['whole']['checks']): boolean {
  return (
    passedIn(checks, 'bundle.binding.report_data') || passedIn(checks, 'bundle.binding.vtpm_nonce')
  );
}

function checkRecipe(checks: Checks, { recipes }: Bindings, { recipe }: Binding): void {
  const known: readonly string[] = recipes;
  checks.answer(
    'policy.binding.recipe',
    known.includes(recipe) ? undefined : { want: recipes.join(' or '), got: recipe },
  );
}

/** Keys of other recipes than ours, by what they bind. */
const BOUND_AS: Readonly<Partial<Record<Bind, KeyUse>>> = {
  'tls-spki': 'tls',
  'ssh-host-key': 'ssh-host',
  'e2e-key': 'e2e',
  'hpke-key': 'ohttp',
};

/** @returns the uses for which a key is bound. */
export function boundUses({ keyset, binds }: Binding): readonly KeyUse[] {
  const own = (keyset?.keys ?? []).map(({ use }: KeysetKey): KeyUse => use);
  const others = binds.map((bind) => BOUND_AS[bind]).filter((use) => use !== undefined);
  return [...new Set([...own, ...others])];
}

function checkKeys(checks: Checks, keys: Bindings['keys'], binding: Binding): void {
  const id = 'policy.binding.keys';
  if ('skip' in keys) {
    checks.skipped(id, keys.skip);
    return;
  }
  const bound = boundUses(binding);
  const missing = keys.filter((use) => !bound.includes(use));
  checks.answer(
    id,
    missing.length === 0
      ? undefined
      : { want: `keys for ${keys.join(', ')}`, got: bound.join(', ') || 'none' },
  );
}

function checkPurpose(
  checks: Checks,
  purposes: Bindings['purposes'],
  { purpose, recipe }: Binding,
): void {
  const id = 'policy.binding.purpose';
  if ('skip' in purposes) checks.skipped(id, purposes.skip);
  else if (purpose === undefined) checks.unresolved(id, `${recipe} says of no purpose`);
  else {
    checks.answer(
      id,
      purposes.includes(purpose) ? undefined : { want: purposes.join(' or '), got: purpose },
    );
  }
}

/** What the software was told, and what it serves. */
export function checkWorkload(
  checks: Checks,
  { workload }: Policy['spec'],
  { binding, cpu }: Subject,
): void {
  const { agentConfigSha256, weightsSha256 } = workload;
  const id = 'policy.workload.agent_config';
  const told = binding?.keyset && toHex(binding.keyset.agentConfigSha256);
  if ('skip' in agentConfigSha256) checks.skipped(id, agentConfigSha256.skip);
  else if (told === undefined) checks.unresolved(id, 'there is no keyset that says so');
  else answerOneOf(checks, id, agentConfigSha256, told);
  const weights = cpu && 'quote' in cpu && cpu.authentic ? weightsOf(cpu) : undefined;
  const model = 'policy.workload.weights';
  if ('skip' in weightsSha256) checks.skipped(model, weightsSha256.skip);
  else if (weights === undefined)
    checks.unresolved(model, 'no measured software says what weights it serves');
  else answerOneOf(checks, model, weightsSha256, weights);
}

function answerOneOf(
  checks: Checks,
  id: PolicyCheckId,
  known: readonly string[],
  got: string,
): void {
  checks.answer(id, known.includes(got) ? undefined : { want: known.join(' or '), got });
}
