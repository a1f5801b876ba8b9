/**
 * A Retry-After header in milliseconds from now: seconds, or an HTTP date (RFC 9110 section
 * 10.2.3).
 *
 * @returns undefined for none, or for what is neither.
 */
export function retryAfterMs(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  const text = header.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  // Date.parse takes many forms; the one that servers must send is enough.
  if (!/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text))
    return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

/** The longest that a service may hold us off, whatever it says. */
export const LONGEST_HOLD_MS = 10 * 60_000;
