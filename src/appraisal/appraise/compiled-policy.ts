import { fromHex } from '../../core/bytes/hex.ts';
import { parseUtcTimestamp } from '../../core/encoding/time.ts';
import type { ReadPolicy } from '../policy/read-policy.ts';
import type { Policy } from '../policy/schema/policy.ts';
import type { SnpReferenceSet } from '../policy/schema/snp.ts';
import type { EventLogValue, TdxReferenceSet } from '../policy/schema/tdx.ts';
import type { Lifecycle, Skip } from '../policy/schema/values.ts';
import type { PolicyCheckId } from './checks.ts';
import { SNP_REGISTERS, TDX_REGISTERS } from './registers.ts';

/** One register of a reference set, ready to be compared. */
export type WantedRegister = {
  /** As the policy calls it. */
  readonly name: string;
  readonly id: PolicyCheckId;
} & (
  | { readonly exact: Uint8Array }
  | { readonly story: EventLogValue }
  | { readonly least: number }
  | { readonly skip: string }
);

export interface CompiledSet {
  readonly id: string;
  readonly lifecycle: Lifecycle;
  readonly registers: readonly WantedRegister[];
  readonly recordedEvents: TdxReferenceSet['recordedEvents'];
}

/** A policy that is ready to decide: parsed once, used for many machines. */
export interface CompiledPolicy {
  readonly read: ReadPolicy;
  readonly policy: Policy;
  readonly sets: readonly CompiledSet[];
  readonly assertions: readonly unknown[];
}

export function compilePolicy(read: ReadPolicy): CompiledPolicy {
  const { policy } = read;
  const { cpu } = policy.spec.evidence;
  const sets =
    cpu.type === 'intel-tdx'
      ? cpu.referenceSets.map((set) => compiled(set, TDX_REGISTERS, set.recordedEvents))
      : cpu.referenceSets.map((set) => compiled(set, SNP_REGISTERS, undefined));
  return { read, policy, sets, assertions: [] };
}

function compiled<Set extends TdxReferenceSet | SnpReferenceSet>(
  set: Set,
  registers: Readonly<Record<string, PolicyCheckId>>,
  recordedEvents: CompiledSet['recordedEvents'],
): CompiledSet {
  const values = set as unknown as Readonly<Record<string, string | number | Skip | EventLogValue>>;
  return {
    id: set.id,
    lifecycle: set.lifecycle,
    registers: Object.entries(registers).map(([name, id]) => wanted(name, id, values[name])),
    recordedEvents,
  };
}

function wanted(
  name: string,
  id: PolicyCheckId,
  value: string | number | Skip | EventLogValue | undefined,
): WantedRegister {
  if (typeof value === 'string') return { name, id, exact: fromHex(value, name) };
  if (typeof value === 'number') return { name, id, least: value };
  if (value && 'eventLog' in value) return { name, id, story: value };
  // The schema lets no register out; should one be, it must not read as skipped by somebody.
  if (value === undefined) return { name, id, exact: new Uint8Array() };
  return { name, id, skip: value.skip };
}

/** Milliseconds of a time that the reading of the policy has found to be one. */
export function instantOf(text: string): number {
  return parseUtcTimestamp(text, 'policy');
}
