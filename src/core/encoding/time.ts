import { malformed } from '../fault.ts';

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** The number of digits from `start` to `end`; NaN when one of the characters is no digit. */
function digits(text: string, start: number, end: number): number {
  let value = 0;
  for (let i = start; i < end; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

/**
 * Milliseconds since the epoch of a calendar instant, NaN when there is no such instant:
 * Date.UTC alone rolls 31 February over into March and reads year 50 as 1950.
 */
function instant(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): number {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = month === 2 && leap ? 29 : (DAYS[month - 1] ?? 0);
  const real = year >= 100 && day >= 1 && day <= days && hour <= 23 && minute <= 59 && second <= 59;
  return real ? Date.UTC(year, month - 1, day, hour, minute, second) : Number.NaN;
}

function checked(ms: number, text: string, at: string, want: string): number {
  // NaN compares false with everything: a date that can't be read must never become a bound.
  if (Number.isNaN(ms)) throw malformed(at, `want a time like ${want}, got ${shown(text)}`);
  return ms;
}

function shown(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}

/**
 * `YYYY-MM-DDThh:mm:ssZ`, the one form in which Intel writes dates.
 *
 * @returns milliseconds since the epoch; never NaN.
 */
export function parseUtcTimestamp(text: string, at: string): number {
  const shape =
    text.length === 20 &&
    text[4] === '-' &&
    text[7] === '-' &&
    text[10] === 'T' &&
    text[13] === ':' &&
    text[16] === ':' &&
    text[19] === 'Z';
  const ms = shape
    ? instant(
        digits(text, 0, 4),
        digits(text, 5, 7),
        digits(text, 8, 10),
        digits(text, 11, 13),
        digits(text, 14, 16),
        digits(text, 17, 19),
      )
    : Number.NaN;
  return checked(ms, text, at, '2026-01-31T00:00:00Z');
}

/** DER UTCTime `YYMMDDhhmmssZ`; years 50..99 are 19xx (RFC 5280 section 4.1.2.5.1). */
export function parseDerUtcTime(text: string, at: string): number {
  const year = digits(text, 0, 2);
  return checked(derTime(text, year + (year >= 50 ? 1900 : 2000), 2), text, at, '260131000000Z');
}

/** DER GeneralizedTime `YYYYMMDDhhmmssZ`, without fractions (RFC 5280 section 4.1.2.5.2). */
export function parseDerGeneralizedTime(text: string, at: string): number {
  return checked(derTime(text, digits(text, 0, 4), 4), text, at, '20260131000000Z');
}

/** What both have after the year: `MMDDhhmmssZ` from `start`. */
function derTime(text: string, year: number, start: number): number {
  if (text.length !== start + 11 || text[start + 10] !== 'Z') return Number.NaN;
  const two = (i: number) => digits(text, start + i, start + i + 2);
  return instant(year, two(0), two(2), two(4), two(6), two(8));
}

/** RFC 3339 in UTC with whole seconds where there are no fractions: `2026-01-31T00:00:00Z`. */
export function formatTime(ms: number): string {
  if (!Number.isFinite(ms) || Math.abs(ms) > 8.64e15) return 'no valid time';
  const known = written.get(ms);
  if (known !== undefined) return known;
  if (written.size >= MOST_WRITTEN) written.clear();
  const text = textOf(ms);
  written.set(ms, text);
  return text;
}

function textOf(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}

/** Results of one moment say the same few: of that moment, and of what a fleet has in common. */
const written = new Map<number, string>();
const MOST_WRITTEN = 64;
