import { type ReferenceSet, registersOf } from '../said-values.ts';
import type { Lifecycle } from '../schema/values.ts';
import { always, type Effect, opposite, type Report } from './change.ts';
import { keyed, type Pair, same, textOf } from './compare.ts';
import { compareLifecycles, lifecycleText, roleChange } from './lifecycle-changes.ts';
import { compareRegisters } from './register-changes.ts';

/**
 * Sets with one id are one set; so are two that differ in the id only.
 *
 * A set that admits lets more in the fewer registers it compares. A revoked one refuses whatever
 * fits it, though another set fits as well: there it is the other way round, and taking it away
 * may admit somebody.
 */
export function compareSets(
  report: Report,
  path: string,
  pair: Pair<readonly ReferenceSet[]>,
): void {
  const { added, removed, kept } = keyed(pair, ({ id }) => id);
  for (const sets of kept) compareSet(report, `${path}["${sets[1].id}"]`, sets);
  const renamed = keyed([removed, added], valuesOf);
  for (const sets of renamed.kept) {
    const at = `${path}["${sets[1].id}"]`;
    report(at, 'neutral', `is what was ${sets[0].id}, under another id`);
    compareSet(report, at, sets);
  }
  for (const { id, lifecycle } of renamed.added) {
    report(
      `${path}["${id}"]`,
      ON_ADDING[roleOf(lifecycle)],
      `adds ${id}, ${lifecycleText(lifecycle)}`,
    );
  }
  for (const { id, lifecycle } of renamed.removed) {
    const effect = ON_REMOVING[roleOf(lifecycle)];
    report(`${path}["${id}"]`, effect, `removes ${id}, which was ${lifecycleText(lifecycle)}`);
  }
  if (added.length + removed.length === 0 && kept.every(same) && !same(pair)) {
    report(path, 'neutral', 'are in another order');
  }
}

type Role = 'admits' | 'nothing' | 'refuses';

function roleOf({ state }: Lifecycle): Role {
  if (state === 'revoked') return 'refuses';
  return state === 'draft' ? 'nothing' : 'admits';
}

const ON_ADDING = { admits: 'widens', nothing: 'neutral', refuses: 'narrows' } as const;
const ON_REMOVING = { admits: 'narrows', nothing: 'neutral', refuses: 'widens' } as const;

function valuesOf(set: ReferenceSet): string {
  return textOf(registersOf(set));
}

function compareSet(report: Report, path: string, [before, after]: Pair<ReferenceSet>): void {
  compareLifecycles(report, `${path}.lifecycle`, [before.lifecycle, after.lifecycle]);
  const own = registerReport(report, [before.lifecycle, after.lifecycle]);
  const told = {
    provenance: [before.provenance, after.provenance],
    recordedEvents: [recordedEventsOf(before), recordedEventsOf(after)],
  } as const;
  for (const [name, values] of Object.entries(told)) {
    if (same(values)) continue;
    report(`${path}.${name}`, 'neutral', 'tells something else, and is never compared');
  }
  const [old, fresh] = [registersOf(before), registersOf(after)];
  for (const name of new Set([...Object.keys(old), ...Object.keys(fresh)])) {
    const [was, is] = [old[name], fresh[name]];
    if (was === undefined || is === undefined) {
      report(`${path}.${name}`, 'both', 'is there in one of them only');
    } else compareRegisters(own, `${path}.${name}`, [was, is]);
  }
}

function recordedEventsOf(set: ReferenceSet) {
  return 'recordedEvents' in set ? set.recordedEvents : undefined;
}

/** Whatever a set compares, it counts only as far as its lifecycle lets it. */
function registerReport(report: Report, lifecycles: Pair<Lifecycle>): Report {
  const change = roleChange(lifecycles);
  if (change !== undefined) return always(change, report);
  const role = roleOf(lifecycles[1]);
  if (role === 'refuses') return opposite(report);
  return role === 'nothing' ? always('neutral' satisfies Effect, report) : report;
}
