import { SNP_AUTHENTIC, SNP_BASELINE, SNP_CHECKS } from '../../../src/evidence/snp/checks.ts';
import type { CheckId } from '../../../src/evidence/verdict.ts';
import type { Verification } from '../../../src/evidence/verification.ts';
import { passes, problemsOfForm } from '../well-formed.ts';

/** What is wrong with an answer in itself, whatever it is about; nothing if all is right. */
export function problemsOf(
  result: Verification,
  baseline: ReadonlySet<CheckId> = SNP_BASELINE,
): string[] {
  const { checks, verdict, authentic, revocation } = result;
  const problems = problemsOfForm(result, SNP_CHECKS);
  const answered = new Set(checks.map(({ id }) => id));
  const good = ['pass', 'skipped'] as const;
  if (verdict === 'accept' && !passes(checks, baseline.union(answered), good)) {
    problems.push('accepted without all of the baseline, or with something open');
  }
  const wanted = [...baseline.union(answered)].filter((id) => AUTHENTIC.has(id));
  if (authentic !== passes(checks, wanted, good)) {
    problems.push(`authentic: ${authentic} does not follow from the checks`);
  }
  if (verdict === 'accept' && !authentic) problems.push('accepted, but not authentic');
  const skipped = checks.filter(({ outcome }) => outcome === 'skipped').map(({ id }) => id);
  if (skipped.some((id) => id !== 'snp.vek.hwid')) problems.push(`skipped: ${skipped.join()}`);
  const asked = answered.has('snp.vek.revocation');
  if (revocation === 'checked' && !asked) problems.push('a revocation checked without a list');
  return problems;
}

const AUTHENTIC: ReadonlySet<CheckId> = SNP_AUTHENTIC;
