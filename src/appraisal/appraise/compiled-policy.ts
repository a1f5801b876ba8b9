import { fromHex } from '../../core/bytes/hex.ts';
import { type CompiledAssertion, compileAssertion } from '../policy/cel/assertion.ts';
import type { ReadPolicy } from '../policy/read-policy.ts';
import { type ReferenceSet, type RegisterRule, registersOf } from '../policy/said-values.ts';
import type { Policy } from '../policy/schema/policy.ts';
import type { Assertion } from '../policy/schema/whole.ts';
import type { PolicyCheckId } from './checks.ts';
import type { CompiledSet, WantedRegister } from './compiled-set.ts';
import { SNP_REGISTERS, TDX_REGISTERS } from './registers.ts';
import { requiredBy } from './required.ts';
import { SetIndex } from './set-index.ts';

/** An assertion with what answers it. */
export type PolicyAssertion = Assertion & CompiledAssertion;

/** A policy that is ready to decide: parsed once, used for many machines. */
export interface CompiledPolicy {
  readonly read: ReadPolicy;
  readonly policy: Policy;
  readonly sets: readonly CompiledSet[];
  readonly index: SetIndex;
  /** All that has to be answered. */
  readonly required: ReadonlySet<PolicyCheckId>;
  readonly assertions: readonly PolicyAssertion[];
}

export function compilePolicy(read: ReadPolicy): CompiledPolicy {
  const { policy } = read;
  const { cpu } = policy.spec.evidence;
  const sets =
    cpu.type === 'intel-tdx'
      ? cpu.referenceSets.map((set) => compiled(set, TDX_REGISTERS, set.recordedEvents))
      : cpu.referenceSets.map((set) => compiled(set, SNP_REGISTERS, undefined));
  return {
    read,
    policy,
    sets,
    index: new SetIndex(sets),
    required: requiredBy(policy),
    assertions: policy.spec.assertions.map((assertion, i) => ({
      ...assertion,
      ask: compileAssertion(assertion.cel, `spec.assertions[${i}].cel`).ask,
    })),
  };
}

function compiled(
  set: ReferenceSet,
  registers: Readonly<Record<string, PolicyCheckId>>,
  recordedEvents: CompiledSet['recordedEvents'],
): CompiledSet {
  const values = registersOf(set);
  return {
    id: set.id,
    lifecycle: set.lifecycle,
    registers: Object.entries(registers).map(([name, id]) => wanted(name, id, values[name])),
    recordedEvents,
  };
}

function wanted(name: string, id: PolicyCheckId, value: RegisterRule | undefined): WantedRegister {
  if (typeof value === 'string') return { name, id, exact: fromHex(value, name) };
  if (typeof value === 'number') return { name, id, least: value };
  if (value && 'eventLog' in value) return { name, id, story: value };
  // The schema lets no register out; should one be, it must not read as skipped by somebody.
  if (value === undefined) return { name, id, exact: new Uint8Array() };
  return { name, id, skip: value.skip };
}
