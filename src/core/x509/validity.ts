import { formatTime } from '../encoding/time.ts';
import type { Mismatch } from '../mismatch.ts';

/** Both ends belong to the window; milliseconds since the epoch. */
export interface Validity {
  readonly from: number;
  readonly to: number;
}

/** A window that the time asked for lies outside of. */
export interface OutsideValidity extends Mismatch {
  /** Before the window; otherwise behind it, or nowhere. */
  readonly early: boolean;
}

/**
 * Whether `now` lies inside, as a sentence when it does not.
 *
 * Written so that NaN is outside of every window: `now < from || now > to` would let an
 * unreadable clock or date pass.
 */
export function outsideValidity(
  what: string,
  window: Validity,
  now: number,
): OutsideValidity | undefined {
  if (window.from <= now && now <= window.to) return undefined;
  const early = now < window.from;
  return {
    early,
    want: `${what} ${early ? 'valid' : 'still valid'} at ${formatTime(now)}`,
    got: early ? `valid only from ${formatTime(window.from)}` : `ended ${formatTime(window.to)}`,
  };
}
