import { skippedIds } from '../question.ts';
import { allIn, type Check, type CheckId, conclude, passedIds, type Verdict } from '../verdict.ts';
import { SNP_AUTHENTIC, SNP_BASELINE, type SnpCheckId } from './checks.ts';

/** What all answers together come to. */
export interface Conclusion {
  readonly verdict: Verdict;
  readonly authentic: boolean;
  readonly revocation: 'checked' | 'unchecked';
  readonly checks: readonly Check[];
}

export const REVOCATION: ReadonlySet<SnpCheckId> = new Set([
  'snp.crl.format',
  'snp.crl.signature',
  'snp.crl.validity',
  'snp.vek.revocation',
]);

/**
 * @param baseline what is asked of this kind of input, whatever the caller wants.
 * @param asked ids that the caller's own wishes make necessary.
 */
export function conclusion(
  checks: readonly Check[],
  asked: ReadonlySet<SnpCheckId>,
  baseline: ReadonlySet<SnpCheckId> = SNP_BASELINE,
): Conclusion {
  const passed = passedIds(checks);
  // What a rule or the caller waived says so in its own answer.
  const skipped = skippedIds(checks);
  const required: ReadonlySet<CheckId> = baseline.union(asked).difference(skipped);
  const authentic = required.intersection(SNP_AUTHENTIC);
  return {
    verdict: conclude(checks, required, passed),
    authentic: allIn(passed, authentic) && !isRefuted(checks),
    revocation: isRevocationChecked(checks, passed) ? 'checked' : 'unchecked',
    checks,
  };
}

/** A list that came along may revoke what nobody asked about. */
function isRefuted(checks: readonly Check[]): boolean {
  const authentic: ReadonlySet<CheckId> = SNP_AUTHENTIC;
  return checks.some(({ id, outcome }) => outcome === 'fail' && authentic.has(id));
}

/** The list could be relied upon; what it says of the intermediate is another question. */
function isRevocationChecked(checks: readonly Check[], passed: ReadonlySet<CheckId>): boolean {
  if (!passed.has('snp.crl.signature') || !passed.has('snp.crl.validity')) return false;
  const answer = checks.find((check) => check.id === 'snp.vek.revocation')?.outcome;
  return answer === 'pass' || answer === 'fail';
}
