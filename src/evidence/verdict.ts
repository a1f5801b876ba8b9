/** A stable name of one question: `<kind>.<subject>.<property>`. Names are API: add, never rename. */
export type CheckId = `${string}.${string}`;

/** One question asked of the evidence and its answer, in the order asked. */
export type Check = {
  readonly id: CheckId;
  /** The place in the input that the answer is about, e.g. `quote.header.version`. */
  readonly path: string;
  /** What a reader needs to know beyond the answer; always there when nothing was compared. */
  readonly because?: string;
} & (
  | { readonly outcome: 'pass' }
  | { readonly outcome: 'fail'; readonly want: string; readonly got: string }
  | { readonly outcome: 'unresolved'; readonly because: string }
  | {
      readonly outcome: 'skipped';
      readonly because: string;
      /** There was something to say against it, and the caller had allowed just that. */
      readonly waived?: true;
    }
);

export type Verdict = 'accept' | 'reject' | 'indeterminate';

/** Ids whose every answer is `pass`. */
export function passedIds(checks: readonly Check[]): ReadonlySet<CheckId> {
  const passed = new Set<CheckId>();
  const other: CheckId[] = [];
  for (const { id, outcome } of checks) {
    if (outcome === 'pass') passed.add(id);
    else other.push(id);
  }
  for (const id of other) passed.delete(id);
  return passed;
}

/** True when each of a non-empty set passed: silence is never consent. */
export function allIn(passed: ReadonlySet<CheckId>, wanted: ReadonlySet<CheckId>): boolean {
  return wanted.size > 0 && wanted.isSubsetOf(passed);
}

/**
 * The only maker of verdicts. A required check that nobody ran counts as unanswered,
 * and an empty requirement set accepts nothing.
 *
 * @param passed of the same checks, for callers who have it at hand.
 */
export function conclude(
  checks: readonly Check[],
  required: ReadonlySet<CheckId>,
  passed: ReadonlySet<CheckId> = passedIds(checks),
): Verdict {
  if (checks.some((check) => check.outcome === 'fail')) return 'reject';
  return allIn(passed, required) ? 'accept' : 'indeterminate';
}

/** Of several answers that must all be good: the one that says least for them. */
export function worstOf(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('reject')) return 'reject';
  const accepted = verdicts.length > 0 && verdicts.every((verdict) => verdict === 'accept');
  return accepted ? 'accept' : 'indeterminate';
}
