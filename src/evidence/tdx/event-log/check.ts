import { toHex } from '../../../core/bytes/hex.ts';
import { Fault } from '../../../core/fault.ts';
import type { CheckList } from '../../check-list.ts';
import type { TdxCheckId } from '../checks.ts';
import { parseCcelTable } from './ccel-table.ts';
import { compareWithRtmrs, type RegisterComparison } from './compare.ts';
import { firstDeparture } from './departure.ts';
import type { EventLog } from './event.ts';
import { readEventLog } from './read.ts';

/** An event log that came with a quote, as files. */
export interface TdxEventLogInput {
  /** CCEL's TCG2 log, or dstack's JSON. */
  readonly log: Uint8Array;
  /** The ACPI table that describes the CCEL log area. */
  readonly table?: Uint8Array;
  /** A log of the story that should have happened, to name the first event that departs. */
  readonly expected?: Uint8Array;
}

/** RTMR3 is not among them: CCEL need not tell of it. A difference elsewhere fails all the same. */
export function requiredOfEventLog({ table, expected }: TdxEventLogInput): readonly TdxCheckId[] {
  return [
    'tdx.event_log.format',
    'tdx.event_log.rtmr0',
    'tdx.event_log.rtmr1',
    'tdx.event_log.rtmr2',
    ...(table ? (['tdx.event_log.table'] as const) : []),
    ...(expected ? (['tdx.event_log.expected'] as const) : []),
  ];
}

/** A log that could be read, and how it compares with the registers of the quote. */
export interface CheckedEventLog {
  readonly log: EventLog;
  readonly comparisons: readonly RegisterComparison[];
}

/** Replays a log against the quoted registers and against the expected story. */
export function checkEventLog(
  checks: CheckList<TdxCheckId>,
  rtmrs: readonly Uint8Array[],
  { log: given, table, expected }: TdxEventLogInput,
): CheckedEventLog | undefined {
  // A copy, as of the quote: events are views, and are read when somebody asks for claims.
  const bytes = new Uint8Array(given);
  if (table) checkTable(checks, table, bytes);
  const log = checks.read('tdx.event_log.format', () => readEventLog(bytes));
  if (log === undefined) return undefined;
  const comparisons = compareWithRtmrs(log, rtmrs);
  for (const comparison of comparisons) checkRegister(checks, comparison);
  if (expected) checkExpected(checks, log, comparisons, expected);
  return { log, comparisons };
}

function checkTable(checks: CheckList<TdxCheckId>, table: Uint8Array, log: Uint8Array): void {
  checks.read('tdx.event_log.table', () => {
    const parsed = parseCcelTable(table);
    return parsed.logAreaMinimumLength < BigInt(log.length)
      ? { want: `a log of at most ${parsed.logAreaMinimumLength} bytes`, got: `${log.length}` }
      : parsed;
  });
}

function checkRegister(
  checks: CheckList<TdxCheckId>,
  { register, outcome, quoted, replayed, events, because = '' }: RegisterComparison,
): void {
  const id = `tdx.event_log.rtmr${register}` as const;
  if (outcome === 'equal') checks.pass(id);
  else if (outcome === 'not-covered') checks.skipped(id, because);
  else {
    checks.fail(
      id,
      {
        want: toHex(quoted),
        got: `${toHex(replayed)} after ${events} ${events === 1 ? 'event' : 'events'}`,
      },
      { because: 'the log does not replay to the quoted register: nothing in it can be believed' },
    );
  }
}

function checkExpected(
  checks: CheckList<TdxCheckId>,
  log: EventLog,
  comparisons: readonly RegisterComparison[],
  expected: Uint8Array,
): void {
  const id = 'tdx.event_log.expected';
  if (comparisons.some(({ outcome }) => outcome === 'different')) {
    checks.unresolved(id, unprovenDeparture(log, comparisons, expected));
    return;
  }
  const open = comparisons.find(({ outcome }) => outcome === 'not-covered');
  if (open) {
    // Whoever asks for a whole story must not get one with an unknown ending.
    const register = `RTMR${open.register}`;
    checks.unresolved(id, `${register} holds something that the log does not account for`);
    return;
  }
  checks.read(id, () => {
    const departure = firstDeparture(log, readEventLog(expected));
    if (departure === undefined) return log;
    const { register, position, want, have } = departure;
    return { want: `event ${position} of RTMR${register}: ${want}`, got: have };
  });
}

/**
 * Where a log that does not replay leaves the expected story. Its own texts are an
 * attacker's and are left out; the expected ones are the caller's.
 */
function unprovenDeparture(
  log: EventLog,
  comparisons: readonly RegisterComparison[],
  expected: Uint8Array,
): string {
  const claimed = 'the log does not replay, so what it tells is only claimed';
  try {
    const story = readEventLog(expected);
    const quoted = comparisons.map((comparison) => comparison.quoted);
    const happened = compareWithRtmrs(story, quoted).every(
      ({ outcome }) => outcome !== 'different',
    );
    const truth = happened
      ? 'the expected log does replay to the quote'
      : 'nor does the expected log replay to the quote';
    const departure = firstDeparture(log, story);
    if (departure === undefined) return `${claimed}; ${truth}`;
    const { register, position, want } = departure;
    return `${claimed}: it departs at event ${position} of RTMR${register}, where ${want} was expected; ${truth}`;
  } catch (error) {
    if (!(error instanceof Fault) || error.code === 'internal') throw error;
    return `${claimed}; the expected log can’t be read: ${error.message}`;
  }
}
