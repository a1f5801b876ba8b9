import type { Bulletin } from './bulletin.ts';
import { BULLETINS_2023_TO_2025 } from './bulletins-2023-2025.ts';
import { BULLETINS_2026 } from './bulletins-2026.ts';

/** The day of the newest look at any source of the table; bulletins after it are not in it. */
export const FLOORS_AS_OF = '2026-10-08';

/**
 * AMD's bulletins about SEV-SNP whose fix the TCB of a report shows, in the order of their
 * numbers. AMD publishes them as pages for people and changes them afterwards: the table is a
 * copy at second hand, dated, each entry with its source. A number that none of our sources
 * gives is not guessed: the bulletin is then undecided for that line or processor.
 */
export const BULLETINS: readonly Bulletin[] = [...BULLETINS_2023_TO_2025, ...BULLETINS_2026].sort(
  (a, b) => (a.id < b.id ? -1 : 1),
);

export function bulletinOf(id: string): Bulletin | undefined {
  return BULLETINS.find((bulletin) => bulletin.id === id);
}
