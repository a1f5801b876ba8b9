/** Up to ten years, 3650 days: what is longer was not meant, and sums of them stay exact. */
const HOURS = '[1-9][0-9]{0,3}|[1-7][0-9]{4}|8[0-6][0-9]{3}|87[0-5][0-9]{2}|87600';
const DAYS = '[1-9][0-9]{0,2}|[12][0-9]{3}|3[0-5][0-9]{2}|36[0-4][0-9]|3650';

/** The text of a duration, for patterns of JSON Schema, which know no greater and less. */
export const DURATION = `[1-9][0-9]{0,5}[sm]|(${HOURS})h|(${DAYS})d`;

export const DURATION_WANTED = 'a duration up to 3650d, e.g. 90s, 15m, 24h or 7d';

const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** @param text as the schema's Duration, e.g. `15m`. @returns milliseconds. */
export function durationMs(text: string): number {
  const unit = text.at(-1) as keyof typeof UNITS;
  return Number(text.slice(0, -1)) * UNITS[unit];
}
