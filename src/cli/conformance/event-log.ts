import { toHex } from '../../core/bytes/hex.ts';
import { fromUtf8 } from '../../core/bytes/text.ts';
import { parseJson } from '../../core/encoding/json.ts';
import { JsonShape } from '../../core/encoding/json-shape.ts';
import { malformed } from '../../core/fault.ts';
import type { Mismatch } from '../../core/mismatch.ts';
import { CheckList } from '../../evidence/check-list.ts';
import { eventLogClaims } from '../../evidence/tdx/event-log/claims.ts';
import type { EventLog } from '../../evidence/tdx/event-log/event.ts';
import { readEventLog } from '../../evidence/tdx/event-log/read.ts';
import { conclude } from '../../evidence/verdict.ts';
import type { Runner } from './runner.ts';

const CHECKS = {
  'event_log.format': { path: 'event_log' },
  'event_log.events': { path: 'events' },
} as const;

const REQUIRED = new Set(Object.keys(CHECKS) as (keyof typeof CHECKS)[]);

/** A CCEL log, and the events that are in it. */
export const eventLogRunner: Runner = {
  name: 'event log',
  reads: ['ccel', 'events'],
  run: async (_, { file }) => {
    const checks = new CheckList(CHECKS);
    const [bytes, events] = [await file('ccel'), await file('events')];
    const log = checks.read('event_log.format', () => readEventLog(bytes));
    if (log) checks.read('event_log.events', () => eventProblem(log, events) ?? log);
    return {
      verdict: conclude(checks.all, REQUIRED),
      checks: checks.all,
      claims: log ? eventLogClaims(log) : {},
    };
  },
};

/** A file's event: measurement register (1 is RTMR0), type, digest and length of its data. */
function eventProblem(log: EventLog, file: Uint8Array): Mismatch | undefined {
  const { value } = parseJson(fromUtf8(file, 'events'), 'events');
  if (!Array.isArray(value)) throw malformed('events', 'want an array');
  const wanted = value
    .map((item, i) => new JsonShape(item, `events[${i}]`))
    .filter(isExtended)
    .map((event) =>
      line(
        event.integer('mr', 4) - 1,
        event.integer('type', 0xffff_ffff),
        event.string('digestSha384'),
        event.integer('dataLength', 0xffff_ffff),
      ),
    );
  const got = log.events.map((event) =>
    line(event.register, event.type, toHex(event.digest), event.data.length),
  );
  for (let i = 0; i < Math.max(wanted.length, got.length); i++) {
    if (wanted[i] !== got[i]) {
      return { want: wanted[i] ?? 'no further event', got: got[i] ?? 'no further event' };
    }
  }
  return undefined;
}

/** Neither EV_NO_ACTION (3) nor an entry of MRTD (0) or of no register goes into an RTMR. */
function isExtended(event: JsonShape): boolean {
  const mr = event.integer('mr', 0xffff_ffff);
  return mr >= 1 && mr <= 4 && event.integer('type', 0xffff_ffff) !== 3;
}

function line(register: number, type: number, digest: string, length: number): string {
  return `RTMR${register} type 0x${type.toString(16)} ${digest} with ${length} bytes`;
}
