import { toHex } from '../../core/bytes/hex.ts';
import type { LoggedEvent, RtmrIndex } from '../../evidence/tdx/event-log/event.ts';
import { eventLine } from '../../evidence/tdx/event-log/labels.ts';
import type { TdxReferenceSet } from '../policy/schema/tdx.ts';

/** Of an event in a policy. */
const LONGEST_TEXT = 500;

/**
 * What a policy records of the events behind a reference set.
 *
 * @param eventsOf a register, in order; undefined where nobody can tell.
 * @returns undefined where there is nothing to record.
 */
export function recordedEvents(
  eventsOf: (register: RtmrIndex) => readonly LoggedEvent[] | undefined,
): TdxReferenceSet['recordedEvents'] {
  const registers = ([0, 1, 2, 3] as const).flatMap((index) => {
    const events = eventsOf(index) ?? [];
    if (events.length === 0) return [];
    return [[`rtmr${index}`, events.map(recorded)] as const];
  });
  return registers.length === 0 ? undefined : Object.fromEntries(registers);
}

function recorded(event: LoggedEvent) {
  return { digest: toHex(event.digest), says: eventLine(event).slice(0, LONGEST_TEXT) };
}
