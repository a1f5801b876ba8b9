import type { CheckList } from '../../evidence/check-list.ts';
import type { CheckedEventLog } from '../../evidence/tdx/event-log/check.ts';
import { measuredCommandLines } from '../../evidence/tdx/event-log/command-line.ts';
import type { LogHygiene } from '../policy/schema/whole.ts';
import type { PolicyCheckId } from './checks.ts';
import { provenEvents } from './story.ts';
import type { Subject } from './subject.ts';

type Checks = CheckList<PolicyCheckId>;

/** Nothing that was measured may open a way out for logs, or a way in for a shell. */
export function checkLogHygiene(checks: Checks, rule: LogHygiene, { cpu }: Subject): void {
  const log = cpu && 'quote' in cpu ? cpu.eventLog : undefined;
  if ('skip' in rule.commandLine) {
    checks.skipped('policy.log.command_line', rule.commandLine.skip);
  } else checkCommandLine(checks, rule.commandLine, log);
  if ('skip' in rule.events) checks.skipped('policy.log.events', rule.events.skip);
  else checkEvents(checks, rule.events.forbid, log);
}

function checkCommandLine(
  checks: Checks,
  { forbid, require }: { readonly forbid: readonly string[]; readonly require: readonly string[] },
  log: CheckedEventLog | undefined,
): void {
  const id = 'policy.log.command_line';
  const lines = measuredCommandLines(log);
  if (lines.length === 0) {
    checks.unresolved(id, 'no event that replays to the quote tells the kernel’s command line');
    return;
  }
  const words = lines.flatMap(wordsOf);
  const forbidden = words.find((word) => forbid.some((pattern) => fits(word, pattern)));
  const missing = require.find((pattern) => !words.some((word) => fits(word, pattern)));
  if (forbidden !== undefined) {
    checks.fail(id, { want: `no ${forbid.join(', ')}`, got: forbidden });
  } else if (missing !== undefined) {
    checks.fail(id, { want: missing, got: lines.join(' ; ') });
  } else checks.pass(id);
}

/**
 * Words as the kernel splits them (lib/cmdline.c): by white space outside of double quotes. The
 * quotes themselves are no part of a word, and a - in a name is a _ to the kernel.
 */
function wordsOf(line: string): readonly string[] {
  const words: string[] = [];
  for (const [word] of line.matchAll(/(?:"[^"]*"?|[^\s"])+/g)) {
    words.push(word.replaceAll('"', ''));
  }
  return words;
}

function fits(word: string, pattern: string): boolean {
  const [got, want] = [dashed(word), dashed(pattern)];
  return want.endsWith('*') ? got.startsWith(want.slice(0, -1)) : got === want;
}

/** In the name before `=`, where the kernel takes both for one. */
function dashed(word: string): string {
  const at = word.indexOf('=');
  return at < 0
    ? word.replaceAll('-', '_')
    : word.slice(0, at).replaceAll('-', '_') + word.slice(at);
}

function checkEvents(
  checks: Checks,
  forbid: readonly string[],
  log: CheckedEventLog | undefined,
): void {
  const id = 'policy.log.events';
  const registers = ([0, 1, 2, 3] as const).map((register) => provenEvents(log, register));
  const open = registers.indexOf(undefined);
  if (open >= 0) {
    checks.unresolved(id, `there is no event log that accounts for all of RTMR${open}`);
    return;
  }
  const events = registers.flatMap((own) => own ?? []);
  const found = events.find(({ name }) => name !== undefined && forbid.includes(name));
  checks.answer(
    id,
    found && { want: `no event ${forbid.join(', ')}`, got: `${found.name}, event ${found.index}` },
  );
}
