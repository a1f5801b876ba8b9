import { malformed } from '../fault.ts';

/** Milliseconds since the epoch of a calendar instant, or undefined when there is no such instant. */
function instant(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): number | undefined {
  const ms = Date.UTC(year, month - 1, day, hour, minute, second);
  const back = new Date(ms);
  // Date.UTC rolls 31 February over into March and maps years 0..99 to 19xx; both are refused.
  const same =
    back.getUTCFullYear() === year &&
    back.getUTCMonth() === month - 1 &&
    back.getUTCDate() === day &&
    back.getUTCHours() === hour &&
    back.getUTCMinutes() === minute &&
    back.getUTCSeconds() === second;
  return same ? ms : undefined;
}

function read(text: string, shape: RegExp, at: string, want: string): number {
  const found = shape.exec(text);
  const [year, month, day, hour, minute, second] = (found ?? []).slice(1).map(Number);
  const ms =
    year === undefined || month === undefined || day === undefined
      ? undefined
      : instant(year, month, day, hour ?? 0, minute ?? 0, second ?? 0);
  if (ms === undefined)
    throw malformed(at, `want a time like ${want}, got ${JSON.stringify(text)}`);
  return ms;
}

/**
 * `YYYY-MM-DDThh:mm:ssZ`, the one form in which Intel writes dates.
 *
 * @returns milliseconds since the epoch; never NaN.
 */
export function parseUtcTimestamp(text: string, at: string): number {
  return read(
    text,
    /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})Z$/,
    at,
    '2026-01-31T00:00:00Z',
  );
}

/** DER UTCTime `YYMMDDhhmmssZ`; years 50..99 are 19xx (RFC 5280 section 4.1.2.5.1). */
export function parseDerUtcTime(text: string, at: string): number {
  const century = Number(text.slice(0, 2)) >= 50 ? '19' : '20';
  return parseDerGeneralizedTime(`${century}${text}`, at);
}

/** DER GeneralizedTime `YYYYMMDDhhmmssZ`, without fractions (RFC 5280 section 4.1.2.5.2). */
export function parseDerGeneralizedTime(text: string, at: string): number {
  return read(text, /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/, at, '20260131000000Z');
}

/** RFC 3339 in UTC with whole seconds where there are no fractions: `2026-01-31T00:00:00Z`. */
export function formatTime(ms: number): string {
  if (!Number.isFinite(ms) || Math.abs(ms) > 8.64e15) return 'no valid time';
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}
