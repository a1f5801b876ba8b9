import { usage } from './io.ts';

// To Date.parse 24:00:00 is the next day's midnight; RFC 3339 has no hour 24.
const SHAPE = /^\d{4}-\d{2}-\d{2}(T(?!24)\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2}))?$/;

/**
 * RFC 3339 with its offset; a bare date is midnight UTC.
 *
 * @returns milliseconds since the epoch; never NaN.
 * @throws Fault `usage`.
 */
export function parseRfc3339(text: string): number {
  const ms = SHAPE.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms) || !isDay(text.slice(0, 10))) {
    throw usage(`want a time like 2026-01-31T00:00:00Z, got ${JSON.stringify(text)}`);
  }
  return ms;
}

/** Date.parse rolls 31 February over into March. */
function isDay(date: string): boolean {
  return new Date(Date.parse(date)).toISOString().startsWith(date);
}
