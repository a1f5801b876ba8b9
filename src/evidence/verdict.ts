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
  | { readonly outcome: 'skipped'; readonly because: string }
);

export type Verdict = 'accept' | 'reject' | 'indeterminate';

/**
 * The only maker of verdicts. A required check that nobody ran counts as unanswered,
 * and an empty requirement set accepts nothing: silence is never consent.
 */
export function conclude(checks: readonly Check[], required: ReadonlySet<CheckId>): Verdict {
  if (checks.some((check) => check.outcome === 'fail')) return 'reject';
  return allPass(checks, required) ? 'accept' : 'indeterminate';
}

/** True when every check of a non-empty set was asked, and each answer to it is `pass`. */
export function allPass(checks: readonly Check[], wanted: ReadonlySet<CheckId>): boolean {
  const passed = new Set<CheckId>();
  const other = new Set<CheckId>();
  for (const { id, outcome } of checks) (outcome === 'pass' ? passed : other).add(id);
  return wanted.size > 0 && wanted.isSubsetOf(passed) && wanted.isDisjointFrom(other);
}
