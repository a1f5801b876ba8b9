import { equalBytes } from '../../../core/bytes/equal.ts';
import { toHex } from '../../../core/bytes/hex.ts';
import type { EventLog, LoggedEvent, RtmrIndex } from './event.ts';
import { eventLine } from './labels.ts';

/** The first event of one register that is not what was expected there. */
export interface Departure {
  readonly register: RtmrIndex;
  /** Which extension of the register it is, from 0. */
  readonly position: number;
  readonly kind: 'changed' | 'missing' | 'extra';
  /** Absent when the log has an event more than expected. */
  readonly expected?: LoggedEvent;
  /** Absent when the log ends before. */
  readonly got?: LoggedEvent;
  /** The expected and the found event, one line each; printable and bounded. */
  readonly want: string;
  readonly have: string;
}

const INDEXES: readonly RtmrIndex[] = [0, 1, 2, 3];

/**
 * Compares extension by extension, digests alone: each register has its own order, while
 * the order among registers is not measured, and names and data may not be covered.
 *
 * Ask only of a log that replays to a quote: of any other log the texts are an attacker's.
 *
 * @returns at most one departure a register, in the order of the registers.
 */
export function departures(log: EventLog, expected: EventLog): readonly Departure[] {
  return INDEXES.map((register) =>
    departureOf(
      register,
      log.events.filter((event) => event.register === register),
      expected.events.filter((event) => event.register === register),
    ),
  ).filter((departure) => departure !== undefined);
}

/** The earliest of all departures, by place in the logs: what went another way first. */
export function firstDeparture(log: EventLog, expected: EventLog): Departure | undefined {
  return departures(log, expected).reduce<Departure | undefined>(
    (first, next) => (first === undefined || place(next) < place(first) ? next : first),
    undefined,
  );
}

function departureOf(
  register: RtmrIndex,
  log: readonly LoggedEvent[],
  wanted: readonly LoggedEvent[],
): Departure | undefined {
  const length = Math.max(log.length, wanted.length);
  for (let position = 0; position < length; position++) {
    const got = log[position];
    const expected = wanted[position];
    if (expected === undefined && got !== undefined) {
      return { register, position, kind: 'extra', got, want: NONE, have: line(got) };
    }
    if (expected !== undefined && got === undefined) {
      return { register, position, kind: 'missing', expected, want: line(expected), have: NONE };
    }
    if (expected === undefined || got === undefined || equalBytes(got.digest, expected.digest)) {
      continue;
    }
    const [want, have] = [line(expected), line(got)];
    return { register, position, kind: 'changed', expected, got, want, have };
  }
  return undefined;
}

const NONE = 'no further event';

function line(event: LoggedEvent): string {
  return `${toHex(event.digest)} ${eventLine(event)}`;
}

function place({ expected, got }: Departure): number {
  return Math.min(expected?.index ?? Infinity, got?.index ?? Infinity);
}
