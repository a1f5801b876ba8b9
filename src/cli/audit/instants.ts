/** RFC 3339 in UTC to the millisecond, as leaves have it. */
export function formatInstant(ms: number): string {
  return new Date(ms).toISOString();
}

/** In seconds: a calendar ends there, and what a cosignature may say does not. */
const LAST_SECOND = 8_640_000_000_000n;

/**
 * When a cosignature was made, by its own word; undefined of 0, by which its cosigner says nothing of
 * the time.
 *
 * @param seconds since the epoch; beyond what a calendar has, it is said as it stands.
 */
export function cosignedText(seconds: bigint): string | undefined {
  if (seconds === 0n) return undefined;
  return seconds <= LAST_SECOND ? formatInstant(Number(seconds) * 1000) : `second ${seconds}`;
}
