import { malformed } from '../../../core/fault.ts';
import { durationMs } from '../duration.ts';

const DURATION = /^(?:0s|[1-9][0-9]{0,5}[smhd])$/;

/**
 * `90s`, `15m`, `24h` or `7d` as in policies; here `0s` too, where no time at all is meant.
 *
 * @returns milliseconds.
 */
export function parseDuration(text: string, at: string): number {
  if (DURATION.test(text)) return durationMs(text);
  const got = JSON.stringify(text.slice(0, 40));
  throw malformed(at, `want a duration like 90s, 15m, 24h or 7d, got ${got}`);
}
