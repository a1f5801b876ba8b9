import { parseUtcTimestamp } from '../../../core/encoding/time.ts';
import type { Mismatch } from '../../../core/mismatch.ts';
import { type Lifecycle, type PolicyRevision, STATES } from './revision.ts';

type ReferenceSet = PolicyRevision['referenceSets'][number];

/**
 * The first way in which a revision goes back on what the one before said; undefined when none.
 *
 * States only go on: draft, active, deprecated, revoked; and what is revoked is revoked from no
 * later than it was. An id keeps its values. A revoked set stays in every later revision, where it
 * keeps its id taken, and its values are in force under no other id. Any other set may be dropped,
 * which only narrows; if it comes back, it is a new set, signed for like any other.
 */
export function lifecycleProblem(
  previous: PolicyRevision | undefined,
  next: PolicyRevision,
): Mismatch | undefined {
  const sets = new Map(next.referenceSets.map((set) => [set.id, set]));
  if (sets.size < next.referenceSets.length) {
    return { want: 'each reference set once', got: 'an id that appears twice' };
  }
  return (
    (previous &&
      transitionProblem('policy', previous.metadata.lifecycle, next.metadata.lifecycle)) ??
    firstProblem(previous?.referenceSets ?? [], (set) => successorProblem(set, sets.get(set.id))) ??
    revivalProblem([...(previous?.referenceSets ?? []), ...next.referenceSets], next)
  );
}

function successorProblem(
  before: ReferenceSet,
  after: ReferenceSet | undefined,
): Mismatch | undefined {
  const { id, digest } = before;
  if (after === undefined) {
    return before.lifecycle.state === 'revoked'
      ? { want: `the revoked reference set ${id}`, got: 'a revision without it' }
      : undefined;
  }
  if (after.digest !== digest) {
    return { want: `the values that ${id} had (${digest})`, got: `others (${after.digest})` };
  }
  return transitionProblem(id, before.lifecycle, after.lifecycle);
}

function transitionProblem(what: string, from: Lifecycle, to: Lifecycle): Mismatch | undefined {
  if (STATES.indexOf(to.state) < STATES.indexOf(from.state)) {
    return { want: `${what} ${from.state} or further`, got: to.state };
  }
  if (from.revokedAt === undefined || to.revokedAt === undefined) return undefined;
  const later = timeOf(to.revokedAt) > timeOf(from.revokedAt);
  return later
    ? { want: `${what} revoked from ${from.revokedAt} on`, got: `from ${to.revokedAt} on` }
    : undefined;
}

/** The values of a revoked set in one that may admit. */
function revivalProblem(
  known: readonly ReferenceSet[],
  next: PolicyRevision,
): Mismatch | undefined {
  const isRevoked = ({ lifecycle }: ReferenceSet) => lifecycle.state === 'revoked';
  const revoked = new Map(known.filter(isRevoked).map(({ digest, id }) => [digest, id]));
  return firstProblem(next.referenceSets, (set) => {
    const old = revoked.get(set.digest);
    return old === undefined || isRevoked(set)
      ? undefined
      : { want: `the values of ${old} revoked`, got: `${set.lifecycle.state} as ${set.id}` };
  });
}

function firstProblem<T>(
  items: readonly T[],
  problem: (item: T) => Mismatch | undefined,
): Mismatch | undefined {
  for (const item of items) {
    const found = problem(item);
    if (found) return found;
  }
  return undefined;
}

function timeOf(text: string): number {
  return parseUtcTimestamp(text, 'revokedAt');
}
