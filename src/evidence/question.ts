import type { Check, CheckId } from './verdict.ts';

/** One row of an evidence kind's table of checks. */
export interface Question {
  /** The place that the answer is about, unless a parser names a closer one. */
  readonly path: string;
  /** What is asked, for people. */
  readonly asks: string;
  /** Part of "the vendor's hardware said this", as opposed to "and that is acceptable". */
  readonly authentic: boolean;
  /** Asked of all evidence by the baseline; the others only when the caller gave something to compare. */
  readonly baseline: boolean;
}

export type Questions<Id extends CheckId> = Readonly<Record<Id, Question>>;

/** Asked always; without it the evidence is not shown to be the vendor's. */
export function authentic(path: string, asks: string): Question {
  return { path, asks, authentic: true, baseline: true };
}

/** Asked always; says nothing against the evidence being genuine. */
export function acceptable(path: string, asks: string): Question {
  return { path, asks, authentic: false, baseline: true };
}

/** Asked when there is something to compare with. */
export function onRequest(path: string, asks: string): Question {
  return { path, asks, authentic: false, baseline: false };
}

/** Asked when there is something to look at; then part of what makes it genuine. */
export function authenticIfGiven(path: string, asks: string): Question {
  return { path, asks, authentic: true, baseline: false };
}

export function idsWhere<Id extends CheckId>(
  questions: Questions<Id>,
  wanted: (question: Question) => boolean,
): ReadonlySet<Id> {
  const entries = Object.entries(questions) as [Id, Question][];
  return new Set(entries.filter(([, question]) => wanted(question)).map(([id]) => id));
}

/** The ids of one table of questions, by what their answers are needed for. */
export interface Expected {
  /** Asked of all evidence, and needed for `accept`. */
  readonly baseline: ReadonlySet<CheckId>;
  /** Needed for `authentic`, as far as they are asked. */
  readonly authentic: ReadonlySet<CheckId>;
}

export function expected(questions: Questions<CheckId>): Expected {
  return {
    baseline: idsWhere(questions, (question) => question.baseline),
    authentic: idsWhere(questions, (question) => question.authentic),
  };
}

/** Ids that a rule or the caller's policy said need no answer. */
export function skippedIds(checks: readonly Check[]): ReadonlySet<CheckId> {
  return new Set(checks.filter(({ outcome }) => outcome === 'skipped').map(({ id }) => id));
}
