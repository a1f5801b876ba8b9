import { formatTime } from '../core/encoding/time.ts';
import type { Verification } from '../evidence/verification.ts';
import { parseRfc3339 } from './rfc3339.ts';
import type { Args } from './verb.ts';

/**
 * What only the outermost object of `--json` has, since it is about the whole: the instants
 * other than `at` that were asked for, by the kinds of `--at`; what the answer rests on; and what
 * the text says below the checks, as far as no other member holds it.
 */
export function outermostJson(args: Args, result: Verification, notes: readonly string[]) {
  const clocks = clocksOf(args, result.at);
  const { endorsements = [] } = result;
  return {
    ...(Object.keys(clocks).length > 0 && { clocks }),
    ...(endorsements.length > 0 && { endorsements }),
    ...(notes.length > 0 && { notes }),
  };
}

function clocksOf(args: Args, at: string): Readonly<Record<string, string>> {
  const clocks: Record<string, string> = {};
  for (const text of args.many('at')) {
    const equals = text.indexOf('=');
    if (equals < 0) continue;
    const clock = formatTime(parseRfc3339(text.slice(equals + 1)));
    if (clock !== at) clocks[text.slice(0, equals)] = clock;
  }
  return clocks;
}
