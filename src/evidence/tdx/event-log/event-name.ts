import type { LoggedEvent } from './event.ts';

/**
 * Whether an event was measured under a name. Who writes the log can leave the name of one out,
 * or move the colon in it, as long as the digest stays: of such an event nobody knows that it is
 * not the one.
 */
export function isNamed(
  { name = '', coverage }: LoggedEvent,
  wanted: string,
): 'yes' | 'no' | 'unknown' {
  switch (coverage.of) {
    case 'name-and-data':
      return name === wanted ? 'yes' : 'no';
    case 'joined':
      // `a:b` with `c` may have been `a` with `b:c`.
      return `${name}:`.startsWith(`${wanted}:`) ? 'unknown' : 'no';
    default:
      return 'unknown';
  }
}
