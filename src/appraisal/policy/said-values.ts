import type { JsonValue } from '../../core/encoding/json.ts';
import type { SnpReferenceSet } from './schema/snp.ts';
import type { EventLogValue, TdxReferenceSet } from './schema/tdx.ts';
import type { Skip } from './schema/values.ts';

export type ReferenceSet = TdxReferenceSet | SnpReferenceSet;

/** What a reference set can say of a register; a number is a floor. */
export type RegisterRule = string | number | Skip | EventLogValue;

export function isSkipped(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'skip' in value;
}

export function isZeros(value: unknown): boolean {
  return typeof value === 'string' && /^0+$/.test(value);
}

/** A story that a log without any of its events tells as well. */
export function asksForNothing(value: unknown): boolean {
  return isStory(value) && value.eventLog.every(({ occurs }) => occurs === 'at-most-once');
}

/**
 * Whether a value tells one software from another. Zeros are what stands in a register that
 * nothing was measured into, and in a key digest where there was no ID block.
 */
export function tellsApart(value: unknown): boolean {
  return !isSkipped(value) && !isZeros(value) && !asksForNothing(value);
}

/** What names a set, tells of it or of its origin, and is compared with no machine. */
const BESIDE_VALUES: ReadonlySet<string> = new Set([
  'id',
  'lifecycle',
  'provenance',
  'recordedEvents',
]);

/** What a reference set says of each register, by the policy's names. */
export function registersOf(set: ReferenceSet): Readonly<Record<string, RegisterRule>> {
  const members = Object.entries(set).filter(([name]) => !BESIDE_VALUES.has(name));
  return Object.fromEntries(members);
}

/**
 * Of a reference set what is compared, in one form: neither the words of a reason to skip nor
 * the order in which a story's rules stand make another set of it.
 */
export function comparedValues(set: ReferenceSet): JsonValue {
  const values = Object.entries(registersOf(set));
  return Object.fromEntries(values.map(([name, value]) => [name, comparedValue(value)]));
}

function comparedValue(value: RegisterRule): JsonValue {
  if (isSkipped(value)) return { skip: '' };
  if (!isStory(value)) return value as string | number;
  const rules = value.eventLog.map((rule) => ({ ...rule, digests: rule.digests.toSorted() }));
  return { ...value, eventLog: rules.toSorted((a, b) => (a.event < b.event ? -1 : 1)) };
}

function isStory(value: unknown): value is EventLogValue {
  return typeof value === 'object' && value !== null && 'eventLog' in value;
}
