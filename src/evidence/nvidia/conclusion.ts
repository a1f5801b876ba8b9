import { type Question, skippedIds } from '../question.ts';
import { allIn, type Check, type CheckId, conclude, passedIds, type Verdict } from '../verdict.ts';

export interface Conclusion {
  readonly verdict: Verdict;
  readonly authentic: boolean;
}

/**
 * Required is all of the baseline that applies, and besides whatever got an answer: what was
 * given or asked for is asked about, and what is asked about must be well. Only an answer that
 * reads `skipped` is let pass.
 *
 * @param inapplicable ids of the baseline that make no sense of this kind of device.
 */
export function conclusion(
  checks: readonly Check[],
  questions: Readonly<Record<CheckId, Question>>,
  inapplicable: ReadonlySet<CheckId> = new Set(),
): Conclusion {
  const ids = (wanted: (question: Question) => boolean) =>
    Object.keys(questions).filter((id) =>
      wanted(questions[id as CheckId] as Question),
    ) as CheckId[];
  const baseline = new Set(ids((question) => question.baseline));
  const answered = new Set(checks.map(({ id }) => id));
  const required = baseline.difference(inapplicable).union(answered).difference(skippedIds(checks));
  const passed = passedIds(checks);
  const authentic = new Set(ids((question) => question.authentic));
  return {
    verdict: conclude(checks, required, passed),
    authentic: allIn(passed, required.intersection(authentic)),
  };
}
