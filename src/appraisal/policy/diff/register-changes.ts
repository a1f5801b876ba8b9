import type { RegisterRule } from '../said-values.ts';
import type { EventLogValue, EventRule } from '../schema/tdx.ts';
import type { Report } from './change.ts';
import { compareDemands, compareFloors, compareRules, keyed, type Pair, same } from './compare.ts';

export function compareRegisters(report: Report, path: string, pair: Pair<RegisterRule>): void {
  compareRules<string | number | EventLogValue>(report, path, pair, ([before, after]) => {
    if (typeof before === 'number' && typeof after === 'number') {
      compareFloors(report, path, [before, after]);
    } else if (typeof before === 'object' && typeof after === 'object') {
      compareStories(report, path, [before, after]);
    } else if (before !== after) {
      report(path, 'both', `${registerText(before)} → ${registerText(after)}`);
    }
  });
}

/**
 * Where other events are forbidden, one that is named is also one that is allowed: what adds to
 * a story, or takes from it, then goes both ways.
 */
function compareStories(report: Report, path: string, pair: Pair<EventLogValue>): void {
  const [before, after] = pair;
  const open = before.otherEvents === 'allow' && after.otherEvents === 'allow';
  if (before.otherEvents !== after.otherEvents) {
    const effect = after.otherEvents === 'allow' ? 'widens' : 'narrows';
    report(
      `${path}.otherEvents`,
      effect,
      `other events: ${before.otherEvents} → ${after.otherEvents}`,
    );
  }
  const events: Pair<readonly EventRule[]> = [before.eventLog, after.eventLog];
  const at = `${path}.eventLog`;
  const { added, removed, kept } = keyed(events, ({ event }) => event);
  for (const { event } of added) report(at, open ? 'narrows' : 'both', `adds the event ${event}`);
  for (const { event } of removed) {
    report(at, open ? 'widens' : 'both', `removes the event ${event}`);
  }
  for (const rules of kept) compareEvents(report, at, rules);
  if (added.length + removed.length === 0 && kept.every(same) && !same(events)) {
    report(at, 'neutral', 'is written in another order, and means the same');
  }
}

/** `once` is what both of the others have in common; of those, neither holds the other. */
const LAXER: Readonly<Record<EventRule['occurs'], readonly EventRule['occurs'][]>> = {
  once: ['at-least-once', 'at-most-once'],
  'at-least-once': [],
  'at-most-once': [],
};

function compareEvents(report: Report, path: string, pair: Pair<EventRule>): void {
  const [before, after] = pair;
  if (before.occurs !== after.occurs) {
    const wider = LAXER[before.occurs].includes(after.occurs);
    const narrower = LAXER[after.occurs].includes(before.occurs);
    const effect = wider ? 'widens' : narrower ? 'narrows' : 'both';
    report(path, effect, `${before.event} occurs ${before.occurs} → ${after.occurs}`);
  }
  // One digest more can make two events where one was wanted.
  const counted = before.occurs !== 'at-least-once' || after.occurs !== 'at-least-once';
  const { added, removed } = keyed([before.digests, after.digests], String);
  for (const digest of added) {
    report(path, counted ? 'both' : 'widens', `${before.event} adds the digest ${digest}`);
  }
  for (const digest of removed) {
    report(path, counted ? 'both' : 'narrows', `${before.event} removes the digest ${digest}`);
  }
  if (added.length + removed.length === 0 && !same([before.digests, after.digests])) {
    compareDemands(report, path, [before.digests, after.digests]);
  }
}

function registerText(value: string | number | EventLogValue): string {
  return typeof value === 'object' ? `the story of ${value.eventLog.length} events` : `${value}`;
}
