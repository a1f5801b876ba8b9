import type { Lifecycle } from '../schema/values.ts';
import type { Effect, Report } from './change.ts';
import { type Pair, same } from './compare.ts';

/** From what refuses machines to what admits them. */
const PERMISSIVE: Readonly<Record<Lifecycle['state'], number>> = {
  revoked: 0,
  draft: 1,
  deprecated: 2,
  active: 2,
};

/** What becomes of all that a lifecycle is about; undefined where it has the same role as before. */
export function roleChange([before, after]: Pair<Lifecycle>): Effect | undefined {
  const [old, fresh] = [PERMISSIVE[before.state], PERMISSIVE[after.state]];
  if (old === fresh) return undefined;
  return fresh > old ? 'widens' : 'narrows';
}

/** Times in the schema's one form are ordered as texts. */
const NEVER = '9999';
const ALWAYS = '0000';

/** States, and the time between `notBefore` and sunset in which what has them admits machines. */
export function compareLifecycles(report: Report, path: string, pair: Pair<Lifecycle>): void {
  if (same(pair)) return;
  const [before, after] = pair;
  const text = `${lifecycleText(before)} → ${lifecycleText(after)}`;
  const role = roleChange(pair);
  if (role !== undefined) {
    report(path, role, text);
    return;
  }
  const [old, fresh] = [windowOf(before), windowOf(after)];
  const wider = fresh.from < old.from || fresh.to > old.to;
  const narrower = fresh.from > old.from || fresh.to < old.to;
  const effect = wider && narrower ? 'both' : wider ? 'widens' : narrower ? 'narrows' : 'neutral';
  report(path, effect, text);
}

function windowOf(lifecycle: Lifecycle): { readonly from: string; readonly to: string } {
  const from = 'notBefore' in lifecycle ? (lifecycle.notBefore ?? ALWAYS) : ALWAYS;
  return { from, to: lifecycle.state === 'deprecated' ? lifecycle.sunset : NEVER };
}

/** @returns the state with its dates and reason, e.g. `deprecated until 2026-01-31T00:00:00Z`. */
export function lifecycleText(lifecycle: Lifecycle): string {
  const { state } = lifecycle;
  const from =
    'notBefore' in lifecycle && lifecycle.notBefore ? ` from ${lifecycle.notBefore}` : '';
  const to = state === 'deprecated' ? ` until ${lifecycle.sunset}` : '';
  const since = state === 'revoked' ? ` at ${lifecycle.revokedAt}` : '';
  const why = 'reason' in lifecycle && lifecycle.reason ? ` (${lifecycle.reason})` : '';
  return `${state}${from}${to}${since}${why}`;
}
