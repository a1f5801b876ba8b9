import { parseDstackLog } from './dstack-log.ts';
import type { EventLog } from './event.ts';
import { parseTcg2Log } from './tcg2-log.ts';

const WHITE_SPACE: ReadonlySet<number | undefined> = new Set([0x20, 0x09, 0x0a, 0x0d]);

/**
 * Reads either kind of event log. A JSON array begins with `[`; a binary log would have to
 * begin with register 91.
 *
 * @throws Fault `malformed` at `event_log…`.
 */
export function readEventLog(bytes: Uint8Array): EventLog {
  let at = 0;
  while (WHITE_SPACE.has(bytes[at])) at++;
  return bytes[at] === 0x5b ? parseDstackLog(bytes) : parseTcg2Log(bytes);
}
