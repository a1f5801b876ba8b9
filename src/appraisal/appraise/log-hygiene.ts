import { sha384 } from '#crypto';
import { equalBytes } from '../../core/bytes/equal.ts';
import { utf8 } from '../../core/bytes/text.ts';
import type { CheckList } from '../../evidence/check-list.ts';
import type { CheckedEventLog } from '../../evidence/tdx/event-log/check.ts';
import {
  COMMAND_LINE_REGISTER,
  measuredCommandLines,
} from '../../evidence/tdx/event-log/command-line.ts';
import { isNamed } from '../../evidence/tdx/event-log/event-name.ts';
import { isSurely, mayBe, wordsOf } from '../policy/command-line-words.ts';
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
  rule: CommandLineRule,
  log: CheckedEventLog | undefined,
): void {
  const id = 'policy.log.command_line';
  const lines = [...measuredCommandLines(log), ...(isMeasured(rule.text, log) ? [rule.text] : [])];
  if (rule.text !== undefined && !lines.includes(rule.text)) {
    checks.unresolved(
      id,
      'no event that replays to the quote is the hash of the command line that the policy has',
    );
    return;
  }
  if (lines.length === 0) {
    checks.unresolved(id, 'no event that replays to the quote tells the kernel’s command line');
    return;
  }
  if (lines.some((line) => !/^\p{ASCII}*$/u.test(line))) {
    // To the kernel 0xA0 is white space, in the middle of a character of UTF-8 too.
    checks.unresolved(
      id,
      'the command line is not ASCII: the kernel may split it into other words',
    );
    return;
  }
  const split = lines.map(wordsOf);
  const forbidden = split
    .flat()
    .find((word) => rule.forbid.some((pattern) => mayBe(word, pattern)));
  // Which of several lines the kernel was started with, the log does not say.
  const missing = rule.require.find((pattern) =>
    split.some((words) => !words.some((word) => isSurely(word, pattern))),
  );
  if (forbidden !== undefined) {
    checks.fail(id, { want: `no ${rule.forbid.join(', ')}`, got: forbidden.unquoted });
  } else if (missing !== undefined) {
    checks.fail(id, { want: missing, got: lines.join(' ; ') });
  } else checks.pass(id);
}

type CommandLineRule = Exclude<LogHygiene['commandLine'], { skip: string }>;

/** EFI stubs measure the UTF-16 text with its terminator, boot loaders the bytes. */
function isMeasured(text: string | undefined, log: CheckedEventLog | undefined): text is string {
  if (text === undefined) return false;
  const forms = [utf16(`${text}\0`), utf16(text), utf8(text), utf8(`${text}\0`)].map(sha384);
  return (provenEvents(log, COMMAND_LINE_REGISTER) ?? []).some(({ digest }) =>
    forms.some((form) => equalBytes(form, digest)),
  );
}

const INDEXES = [0, 1, 2, 3] as const;

function utf16(text: string): Uint8Array {
  const bytes = new Uint8Array(2 * text.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < text.length; i++) view.setUint16(2 * i, text.charCodeAt(i), true);
  return bytes;
}

function checkEvents(
  checks: Checks,
  forbid: readonly string[],
  log: CheckedEventLog | undefined,
): void {
  const id = 'policy.log.events';
  const registers = INDEXES.map((register) => provenEvents(log, register));
  const open = registers.indexOf(undefined);
  if (open >= 0) {
    checks.unresolved(id, `there is no event log that accounts for all of RTMR${open}`);
    return;
  }
  const events = registers.flatMap((own) => own ?? []);
  const found = events.find((event) => forbid.some((name) => isNamed(event, name) === 'yes'));
  if (found) {
    checks.fail(id, {
      want: `no event ${forbid.join(', ')}`,
      got: `${found.name}, event ${found.index}`,
    });
    return;
  }
  // Software measures under names in RTMR3 alone.
  const nameless = registers[3]?.find((event) =>
    forbid.some((name) => isNamed(event, name) === 'unknown'),
  );
  if (nameless)
    checks.unresolved(id, `the log does not show what event ${nameless.index} is called`);
  else checks.pass(id);
}
