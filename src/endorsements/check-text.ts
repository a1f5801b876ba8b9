import type { Check } from '../evidence/verdict.ts';

/** A check that did not pass, as one clause of a sentence. */
export function checkText(check: Check): string {
  if (check.outcome === 'fail') return `${check.id}: want ${check.want}, got ${check.got}`;
  return `${check.id}: ${check.because ?? check.outcome}`;
}
