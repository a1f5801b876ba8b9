import type { Check } from '../../evidence/verdict.ts';
import type { Verification } from '../../evidence/verification.ts';
import type { Appraisal } from '../appraise/appraisal.ts';

/** An answer of the verifier that was let pass because who ran it had allowed that. */
export interface Waiver {
  /** The id of the check. */
  readonly code: string;
  /** As a reason has it: of a piece with `parts[<n>].` before. */
  readonly path: string;
  readonly because: string;
}

/**
 * What the caller waived, in the whole and in its pieces. Nothing of it is in the policy, so that
 * its digest says nothing of it; what a policy skips or decides itself is in that digest.
 */
export function waiversOf({ checks, parts }: Pick<Appraisal, 'checks' | 'parts'>) {
  const ofPart = ({ checks: own }: Verification, i: number) => waiversIn(own, `parts[${i}].`);
  return [...waiversIn(checks, ''), ...parts.flatMap(ofPart)];
}

export function isWaived(check: Check): boolean {
  return check.outcome === 'skipped' && check.waived === true;
}

function waiversIn(checks: readonly Check[], where: string): readonly Waiver[] {
  return checks.flatMap((check) =>
    check.outcome === 'skipped' && check.waived
      ? [{ code: check.id, path: `${where}${check.path}`, because: check.because }]
      : [],
  );
}
