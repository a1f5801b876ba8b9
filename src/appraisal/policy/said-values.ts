import type { JsonValue } from '../../core/encoding/json.ts';
import type { EventRule } from './schema/tdx.ts';

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

/**
 * Of a reference set what is compared, in one form: neither the words of a reason to skip nor
 * the order in which a story's rules stand make another set of it.
 */
export function comparedValues(set: object): JsonValue {
  const values = Object.entries(set).filter(([name]) => !BESIDE_VALUES.has(name));
  return Object.fromEntries(values.map(([name, value]) => [name, comparedValue(value)]));
}

function comparedValue(value: unknown): JsonValue {
  if (isSkipped(value)) return { skip: '' };
  if (!isStory(value)) return value as JsonValue;
  const rules = value.eventLog.map((rule) => ({ ...rule, digests: rule.digests.toSorted() }));
  return { ...value, eventLog: rules.toSorted((a, b) => (a.event < b.event ? -1 : 1)) };
}

function isStory(value: unknown): value is { readonly eventLog: readonly EventRule[] } {
  return typeof value === 'object' && value !== null && 'eventLog' in value;
}
