import { canonicalJson } from '../../../core/encoding/jcs.ts';
import type { JsonValue } from '../../../core/encoding/json.ts';
import type { Presence, Skip } from '../schema/values.ts';
import type { Effect, Report } from './change.ts';

/** A value before and after. */
export type Pair<T> = readonly [before: T, after: T];

export function isSkip(value: unknown): value is Skip {
  return typeof value === 'object' && value !== null && 'skip' in value;
}

/** Whether two values mean the same, in whatever order their members were written. */
export function same([before, after]: Pair<unknown>): boolean {
  return before === after || textOf(before) === textOf(after);
}

/** The one text of a value: what two of them are told apart by. */
export function textOf(value: unknown): string {
  return value === undefined ? '' : canonicalJson(value as JsonValue, 'policy');
}

/** A rule that can be skipped, and what to compare where it is not. */
export function compareRules<Rule>(
  report: Report,
  path: string,
  [before, after]: Pair<Rule | Skip>,
  compare: (pair: Pair<Rule>) => void,
): void {
  if (isSkip(before)) {
    if (!isSkip(after)) report(path, 'narrows', `is checked now; was not: ${before.skip}`);
    else if (before.skip !== after.skip) {
      report(path, 'neutral', `is not checked for another reason: ${after.skip}`);
    }
  } else if (isSkip(after)) report(path, 'widens', `is no longer checked: ${after.skip}`);
  else compare([before, after]);
}

/** A rule without anything in it to compare. */
export const nothing = () => undefined;

export function comparePresence(
  report: Report,
  path: string,
  [before, after]: Pair<Presence>,
): void {
  if (before === after) return;
  const effect = after === 'any' ? 'widens' : before === 'any' ? 'narrows' : 'both';
  report(path, effect, `${before} → ${after}`);
}

/** A number or a time at or above which something must be. */
export function compareFloors<Floor extends number | string>(
  report: Report,
  path: string,
  [before, after]: Pair<Floor>,
): void {
  if (before === after) return;
  report(path, after > before ? 'narrows' : 'widens', `at least ${before} → at least ${after}`);
}

/** What one list has and the other does not, by what tells its items apart. */
export function keyed<Item>(
  [before, after]: Pair<readonly Item[]>,
  keyOf: (item: Item) => string,
): {
  readonly added: readonly Item[];
  readonly removed: readonly Item[];
  readonly kept: readonly Pair<Item>[];
} {
  const [old, fresh] = [byKey(before, keyOf), byKey(after, keyOf)];
  const kept: Pair<Item>[] = [];
  for (const [key, item] of old) {
    const next = fresh.get(key);
    if (next !== undefined) kept.push([item, next]);
  }
  return {
    added: [...fresh].filter(([key]) => !old.has(key)).map(([, item]) => item),
    removed: [...old].filter(([key]) => !fresh.has(key)).map(([, item]) => item),
    kept,
  };
}

function byKey<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item> {
  return new Map(items.map((item) => [keyOf(item), item]));
}

/** How items are told apart and named. */
export interface Naming<Item> {
  readonly keyOf?: (item: Item) => string;
  readonly nameOf?: (item: Item) => string;
}

/** Any one of a list will do: one more lets more in. */
export function compareAlternatives<Item>(
  report: Report,
  path: string,
  pair: Pair<readonly Item[]>,
  naming: Naming<Item> = {},
): void {
  compareLists(report, path, pair, ['widens', 'narrows'], naming);
}

/** All of a list are asked for: one more lets fewer in. */
export function compareDemands<Item>(
  report: Report,
  path: string,
  pair: Pair<readonly Item[]>,
  naming: Naming<Item> = {},
): void {
  compareLists(report, path, pair, ['narrows', 'widens'], naming);
}

function compareLists<Item>(
  report: Report,
  path: string,
  pair: Pair<readonly Item[]>,
  [whenAdded, whenRemoved]: readonly [Effect, Effect],
  { keyOf = textOf, nameOf = String }: Naming<Item>,
): void {
  const { added, removed } = keyed(pair, keyOf);
  for (const item of added) report(path, whenAdded, `adds ${nameOf(item)}`);
  for (const item of removed) report(path, whenRemoved, `removes ${nameOf(item)}`);
  if (added.length + removed.length === 0 && !same(pair)) {
    report(path, 'neutral', 'is written in another way, and means the same');
  }
}
