import type { Random } from '../random.ts';

/** One way to change evidence, by name, so that a failure says what was done. */
export interface Mutator<Evidence, World> {
  readonly name: string;
  /**
   * - `harmless`: nothing that counts is changed, the evidence must still be accepted;
   * - `refused`: two readers could disagree about it, so it must not be accepted even where
   *   a lenient reader finds nothing changed;
   * - `any`: what is covered by signatures says whether it may be accepted.
   */
  readonly effect: 'harmless' | 'refused' | 'any';
  /** @returns undefined where there is nothing to change in this way. */
  readonly apply: (random: Random, evidence: Evidence, world: World) => Evidence | undefined;
}

/** The rows of a table of mutations, as mutators of one part of the evidence. */
export function mutators<Change, Evidence, World>(
  effect: Mutator<Evidence, World>['effect'],
  table: Readonly<Record<string, Change>>,
  applyTo: (change: Change) => Mutator<Evidence, World>['apply'],
): Mutator<Evidence, World>[] {
  return Object.entries(table).map(([name, change]) => ({ name, effect, apply: applyTo(change) }));
}
