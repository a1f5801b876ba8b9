import { formatTime } from '../core/encoding/time.ts';
import type { Certificate } from '../core/x509/certificate.ts';

/** Of what has no end: nothing that was relied upon ends. */
export const UNBOUNDED = Number.POSITIVE_INFINITY;

/** When the first of them ends, in milliseconds since the epoch. */
export function endOf(certificates: readonly Certificate[]): number {
  let end = UNBOUNDED;
  for (const { validity } of certificates) end = Math.min(end, validity.to);
  return end;
}

/**
 * The member `until` of an answer, where it has one.
 *
 * @param ms the earliest end among all that was relied upon, in milliseconds since the epoch.
 */
export function untilMember(ms: number): { readonly until?: string } {
  if (ms === UNBOUNDED) return NONE;
  // Down to the second: longer than what it rests on an answer never holds.
  if (last.ms !== ms) last = { ms, text: formatTime(Math.floor(ms / 1000) * 1000) };
  return { until: last.text };
}

const NONE = {};

/** Most answers of a fleet end with the same document. */
let last = { ms: Number.NaN, text: '' };

/**
 * The same for an answer that rests on others.
 *
 * @param own what it rests on besides, in milliseconds since the epoch.
 */
export function untilOfAll(
  parts: readonly ({ readonly until?: string } | undefined)[],
  own = UNBOUNDED,
): { readonly until?: string } {
  let first = untilMember(own).until;
  for (const part of parts) {
    const until = part?.until;
    // In this one form, UTC to the second, the order of the texts is that of the times.
    if (until !== undefined && (first === undefined || until < first)) first = until;
  }
  return first === undefined ? NONE : { until: first };
}
