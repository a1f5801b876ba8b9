import type { Expected } from './question.ts';
import { type Check, type CheckId, conclude, passedIds, type Verdict } from './verdict.ts';

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
  // Of what is required, only what did not pass makes a difference.
  const open = new Set<CheckId>();
  const letPass = new Set<CheckId>();
  for (const { id, outcome } of checks) if (outcome === 'skipped') letPass.add(id);
  for (const { id, outcome } of checks) {
    if (outcome !== 'pass' && outcome !== 'skipped' && !letPass.has(id)) open.add(id);
  }
  for (const id of baseline) {
    if (!passed.has(id) && !letPass.has(id) && !inapplicable.has(id)) open.add(id);
  }
  return {
    verdict: conclude(checks, open.size > 0 ? open : passed, passed),
    authentic: authentic.isDisjointFrom(open) && !authentic.isDisjointFrom(passed),
  };
}

const NONE: ReadonlySet<CheckId> = new Set();
