import { malformed } from '../../../core/fault.ts';

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

const DURATION = /^(0(?=s$)|[1-9][0-9]{0,5})([smhd])$/;

/**
 * `90s`, `15m`, `24h` or `7d`; `0s` where no time at all is meant.
 *
 * @returns milliseconds.
 */
export function parseDuration(text: string, at: string): number {
  const [, count, unit] = DURATION.exec(text) ?? [];
  if (count === undefined) {
    const got = JSON.stringify(text.slice(0, 40));
    throw malformed(at, `want a duration like 90s, 15m, 24h or 7d, got ${got}`);
  }
  return Number(count) * UNITS[unit as keyof typeof UNITS];
}
