import type { Expected } from './question.ts';
import { allIn, type Check, type CheckId, conclude, passedIds, type Verdict } from './verdict.ts';

/** What all answers together come to. */
export interface Weighed {
  readonly verdict: Verdict;
  readonly authentic: boolean;
}

/**
 * Required is all of the baseline that applies, and besides whatever got an answer: what was
 * given or asked for is asked about, and what is asked about must be well. Only an answer that
 * reads `skipped` is let pass.
 *
 * @param inapplicable ids of the baseline that make no sense of this piece of evidence.
 */
export function weigh(
  checks: readonly Check[],
  { baseline, authentic }: Expected,
  inapplicable: ReadonlySet<CheckId> = NONE,
): Weighed {
  const passed = passedIds(checks);
  const required = new Set(baseline);
  for (const id of inapplicable) required.delete(id);
  for (const { id } of checks) required.add(id);
  for (const { id, outcome } of checks) if (outcome === 'skipped') required.delete(id);
  return {
    verdict: conclude(checks, required, passed),
    authentic: allIn(passed, required.intersection(authentic)),
  };
}

const NONE: ReadonlySet<CheckId> = new Set();
