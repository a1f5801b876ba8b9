import { durationMs } from '../duration.ts';
import type { Assertion, Freshness } from '../schema/whole.ts';
import type { Report } from './change.ts';
import { keyed, type Pair, same } from './compare.ts';

const DURATIONS = ['nonceTtl', 'resultTtl', 'reattestEvery', 'reattestGrace'] as const;

/** How old an answer may get: what may get older lets a machine stay longer. */
export function compareFreshness(
  report: Report,
  path: string,
  [before, after]: Pair<Freshness>,
): void {
  for (const name of DURATIONS) {
    const [old, fresh] = [before[name], after[name]];
    if (old === fresh) continue;
    const step = length(fresh) - length(old);
    const effect = step > 0 ? 'widens' : step < 0 ? 'narrows' : 'neutral';
    report(`${path}.${name}`, effect, `${old ?? 'none'} → ${fresh ?? 'none'}`);
  }
}

function length(duration: string | undefined): number {
  return duration === undefined ? 0 : durationMs(duration);
}

/**
 * An assertion only ever refuses, and one that warns not even that; what another one refuses
 * nobody can tell from its text.
 */
export function compareAssertions(
  report: Report,
  path: string,
  pair: Pair<readonly Assertion[]>,
): void {
  const { added, removed, kept } = keyed(pair, ({ id }) => id);
  for (const one of added) {
    report(path, one.enforce === 'deny' ? 'narrows' : 'neutral', `adds ${assertionText(one)}`);
  }
  for (const one of removed) {
    report(path, one.enforce === 'deny' ? 'widens' : 'neutral', `removes ${assertionText(one)}`);
  }
  for (const [before, after] of kept) {
    const at = `${path}["${after.id}"]`;
    if (before.cel !== after.cel) {
      const warns = before.enforce === 'warn' && after.enforce === 'warn';
      report(`${at}.cel`, warns ? 'neutral' : 'both', `${before.cel} → ${after.cel}`);
    }
    if (before.enforce !== after.enforce) {
      const effect = after.enforce === 'deny' ? 'narrows' : 'widens';
      report(`${at}.enforce`, effect, `${before.enforce} → ${after.enforce}`);
    }
    if (before.message !== after.message) {
      report(`${at}.message`, 'neutral', `says something else: ${after.message}`);
    }
  }
  if (added.length + removed.length === 0 && kept.every(same) && !same(pair)) {
    report(path, 'neutral', 'are in another order');
  }
}

function assertionText({ id, cel, enforce }: Assertion): string {
  return `${id}, ${enforce}: ${cel}`;
}
