import { parseJson } from '../../core/encoding/json.ts';
import { type FaultCode, malformed } from '../../core/fault.ts';
import {
  FLEET_EVENT_TYPES,
  type FleetEvent,
  type FleetEventType,
  type NewEvent,
} from '../../gateway/fleet/event.ts';
import type { Row, Sql } from '../driver.ts';
import { checked, integerOf, placeOf, textOf, withSum } from '../row-sum.ts';
import {
  anyText,
  closed,
  instant,
  list,
  misfit,
  optional,
  record,
  type Shape,
  wantShape,
  word,
} from '../shape.ts';
import { nodeId } from './node-shape.ts';

const texts = list(anyText);

const value: Shape = (given, at) => {
  if (typeof given === 'boolean' || Number.isFinite(given)) return undefined;
  if (Array.isArray(given)) return texts(given, at);
  return typeof given === 'string'
    ? anyText(given, at)
    : misfit(at, 'a text, a number, true, false or a list of texts', given);
};

const newEvent = closed<NewEvent>({
  at: instant,
  type: word(FLEET_EVENT_TYPES),
  node: optional(nodeId),
  data: record(value),
});

/** Of the last event; it is never forgotten, so that this never goes back. */
export const LAST_EVENT = 'SELECT max(seq) AS number FROM events';

export async function lastEvent(sql: Sql): Promise<number> {
  const [row] = await sql.all(LAST_EVENT);
  return integerOf(row?.['number'] ?? 0);
}

/** @throws Fault `malformed` where one is missing between others. */
export async function readEvents(
  sql: Sql,
  after: number,
  count: number,
  type?: FleetEventType,
): Promise<readonly FleetEvent[]> {
  if (type !== undefined) {
    const found = await sql.all(
      'SELECT * FROM events WHERE seq > ? AND type = ? ORDER BY seq LIMIT ?',
      ...[after, type, count],
    );
    return found.map(eventOf);
  }
  const rows = await sql.all(
    'SELECT * FROM events WHERE seq > ? ORDER BY seq LIMIT ?',
    ...[after, count],
  );
  const events = rows.map(eventOf);
  const first = events[0]?.seq ?? 0;
  const gap = events.findIndex(({ seq }, i) => seq !== first + i);
  if (gap >= 0) throw malformed(`events[${first + gap}]`, 'is missing between others');
  return events;
}

/** To be run alone among writers: numbers are given in the order of commits, none of them twice. */
export async function addEvents(sql: Sql, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return;
  const first = (await lastEvent(sql)) + 1;
  const rows = events.map(({ at, type, node, data }, i) =>
    withSum('events', {
      seq: first + i,
      moment: at,
      type,
      node: node ?? null,
      data: JSON.stringify(data),
    }),
  );
  await sql.insert('events', rows);
  await sql.announce();
}

/**
 * The oldest go, up to the first that stays: a clock that was set back must leave no gap. The last
 * one stays in any case, as the next is numbered after it.
 */
export function purgeEvents(sql: Sql, before: number): Promise<number> {
  return sql.run(
    `DELETE FROM events WHERE seq < (
      SELECT min(seq) FROM events
      WHERE moment >= ? OR seq = (SELECT max(seq) FROM events)
    )`,
    before,
  );
}

export function wantEvent(given: unknown, at: string, code: FaultCode): asserts given is NewEvent {
  wantShape(newEvent, given, at, code);
}

/** @throws Fault `malformed` for a row that is not as its sum says, or holds no event. */
export function eventOf(row: Row): FleetEvent {
  checked('events', row);
  const at = placeOf('events', row);
  const node = row['node'] ?? null;
  const event = {
    at: integerOf(row['moment']),
    type: textOf(row['type']),
    ...(node !== null && { node: textOf(node) }),
    data: parseJson(textOf(row['data']), `${at}.data`).value,
  };
  wantEvent(event, at, 'malformed');
  return { seq: integerOf(row['seq']), ...event };
}
