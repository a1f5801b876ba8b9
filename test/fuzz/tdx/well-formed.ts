import { TDX_AUTHENTIC, TDX_BASELINE, TDX_CHECKS } from '../../../src/evidence/tdx/checks.ts';
import type { Verification } from '../../../src/evidence/verification.ts';
import { passes, problemsOfForm } from '../well-formed.ts';

/** What is wrong with an answer in itself, whatever it is about; nothing if all is right. */
export function problemsOf(result: Verification): string[] {
  const { checks, verdict, authentic } = result;
  const problems = problemsOfForm(result, TDX_CHECKS);
  if (verdict === 'accept' && !passes(checks, TDX_BASELINE)) {
    problems.push('accepted without all of the baseline');
  }
  if (authentic !== passes(checks, TDX_AUTHENTIC)) {
    problems.push(`authentic: ${authentic} does not follow from the checks`);
  }
  if (verdict === 'accept' && !(authentic && result.revocation === 'checked')) {
    problems.push('accepted, but not authentic or not checked for revocation');
  }
  return problems;
}
