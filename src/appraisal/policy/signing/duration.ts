import { malformed } from '../../../core/fault.ts';
import { DURATION, DURATION_WANTED, durationMs } from '../duration.ts';

const NONE_OR_MORE = new RegExp(`^(?:0s|${DURATION})$`);

/**
 * `90s`, `15m`, `24h` or `7d` as in policies; here `0s` too, where no time at all is meant.
 *
 * @returns milliseconds.
 */
export function parseDuration(text: string, at: string): number {
  if (NONE_OR_MORE.test(text)) return durationMs(text);
  const got = JSON.stringify(text.slice(0, 40));
  throw malformed(at, `want ${DURATION_WANTED}, got ${got}`);
}
