import { toHex } from '../../core/bytes/hex.ts';
import type { Mismatch } from '../../core/mismatch.ts';
import type { CheckedEventLog } from '../../evidence/tdx/event-log/check.ts';
import type { LoggedEvent, RtmrIndex } from '../../evidence/tdx/event-log/event.ts';
import { isNamed } from '../../evidence/tdx/event-log/event-name.ts';
import { eventLine } from '../../evidence/tdx/event-log/labels.ts';
import type { EventLogValue, EventRule, RecordedEvent } from '../policy/schema/tdx.ts';

/** A register's place among the RTMRs, by the policy's name of it. */
export function rtmrOf(name: string): RtmrIndex | undefined {
  const index = ['rtmr0', 'rtmr1', 'rtmr2', 'rtmr3'].indexOf(name);
  return index < 0 ? undefined : (index as RtmrIndex);
}

/**
 * The events of a register, where the log replays to the very value that was quoted: of any
 * other log the events are whatever its author liked.
 */
export function provenEvents(
  log: CheckedEventLog | undefined,
  register: RtmrIndex,
): readonly LoggedEvent[] | undefined {
  const equal = log?.comparisons.some(
    (comparison) => comparison.register === register && comparison.outcome === 'equal',
  );
  return equal ? log?.log.events.filter((event) => event.register === register) : undefined;
}

/** RTMR3 is where software measures under names; what boots is measured without any. */
const NAMED_REGISTER = 3;

/**
 * Whether the events are those that the policy tells of, by their digests.
 *
 * @returns `unknown` where an event does not show that it is none of them with another content.
 */
export function answerToStory(
  events: readonly LoggedEvent[],
  { eventLog, otherEvents }: EventLogValue,
): 'equal' | 'unknown' | Mismatch {
  const isOf = ({ digest }: LoggedEvent, rule: EventRule) => rule.digests.includes(toHex(digest));
  for (const rule of eventLog) {
    const own = events.filter((event) => isOf(event, rule));
    // An event of that name with another content is not one of the others: it is this one, changed.
    const changed = events.find(
      (event) => isNamed(event, rule.event) === 'yes' && !own.includes(event),
    );
    if (changed) return { want: ruleText(rule), got: eventLine(changed) };
    if (!occurs(own.length, rule)) {
      return { want: ruleText(rule), got: `${own.length} of them` };
    }
  }
  const others = events.filter((event) => !eventLog.some((rule) => isOf(event, rule)));
  const [other] = others;
  if (other && otherEvents === 'forbid') {
    return { want: 'no event but those named', got: `event ${other.index}: ${eventLine(other)}` };
  }
  const mayBeChanged = (event: LoggedEvent) =>
    event.register === NAMED_REGISTER &&
    eventLog.some((rule) => isNamed(event, rule.event) === 'unknown');
  return others.some(mayBeChanged) ? 'unknown' : 'equal';
}

/**
 * Whether something that a policy has revoked was measured, whatever else was: neither a further
 * event nor one measured twice makes it another.
 */
export function tellsOf(events: readonly LoggedEvent[], { eventLog }: EventLogValue): boolean {
  const digests = new Set(events.map(({ digest }) => toHex(digest)));
  const needed = eventLog.filter((rule) => rule.occurs !== 'at-most-once');
  return needed.length > 0 && needed.every((rule) => rule.digests.some((one) => digests.has(one)));
}

function occurs(count: number, rule: EventRule): boolean {
  switch (rule.occurs) {
    case 'once':
      return count === 1;
    case 'at-least-once':
      return count >= 1;
    case 'at-most-once':
      return count <= 1;
  }
}

function ruleText({ event, digests, occurs: how }: EventRule): string {
  return `${event} ${how.replaceAll('-', ' ')}, with ${digests.length === 1 ? digests[0] : `one of ${digests.length} digests`}`;
}

/** The first event that is not the recorded one, in words; undefined where all are. */
export function firstDeparture(
  register: string,
  events: readonly LoggedEvent[],
  recorded: readonly RecordedEvent[],
): string | undefined {
  const length = Math.max(events.length, recorded.length);
  for (let place = 0; place < length; place++) {
    const [event, record] = [events[place], recorded[place]];
    if (event && record && toHex(event.digest) === record.digest) continue;
    const want = record ? (record.says ?? record.digest) : 'no further event';
    const got = event ? `${toHex(event.digest)} ${eventLine(event)}` : 'no further event';
    return `event ${place} of ${register}: recorded is ${want}, measured was ${got}`;
  }
  return undefined;
}
