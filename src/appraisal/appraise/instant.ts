import { parseUtcTimestamp } from '../../core/encoding/time.ts';

/** Milliseconds of a time that the reading of the policy has found to be one. */
export function instantOf(text: string): number {
  return parseUtcTimestamp(text, 'policy');
}
