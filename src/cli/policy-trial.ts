import type { Appraisal } from '../appraisal/appraise/appraisal.ts';
import { appraise } from '../appraisal/appraise/appraise.ts';
import { type CompiledPolicy, compilePolicy } from '../appraisal/appraise/compiled-policy.ts';
import type { BundleVerification } from '../appraisal/bundle/verifier.ts';
import type { ReadPolicy } from '../appraisal/policy/read-policy.ts';
import type { Verdict } from '../evidence/verdict.ts';

/** What one policy makes of a machine. */
export interface Decided {
  readonly verdict: Verdict;
  /** The reference set that it is of, or the one that it comes closest to. */
  readonly set?: { readonly id: string; readonly fits: boolean };
  /** Why it is not accepted: reason codes, each once. */
  readonly codes: readonly string[];
}

export type Change = 'newly-admitted' | 'newly-refused' | 'same';

/** What came of one bundle. */
export type Trial = { readonly file: string } & (
  | { readonly decided: Decided; readonly against?: Decided; readonly change?: Change }
  | {
      readonly untestable: string;
      /** What was to blame where it was not what stands in the bundle: an option, or a missing file. */
      readonly because?: 'usage' | 'unreachable';
    }
);

/**
 * A policy to try out. A draft admits nobody, and is tried before it is in force: what it would
 * decide is asked of it as if it were.
 */
export function onTrial(read: ReadPolicy): CompiledPolicy {
  const { policy } = read;
  if (policy.metadata.lifecycle.state !== 'draft') return compilePolicy(read);
  const metadata = { ...policy.metadata, lifecycle: { state: 'active' as const } };
  return compilePolicy({ ...read, policy: { ...policy, metadata } });
}

/** @param against the policy that is in force, where there is one to compare with. */
export function tryOut(
  file: string,
  verification: BundleVerification,
  policy: CompiledPolicy,
  against: CompiledPolicy | undefined,
): Trial {
  const format = verification.checks.find(({ id }) => id === 'bundle.format');
  if (format === undefined || format.outcome === 'fail') {
    return { file, untestable: format?.outcome === 'fail' ? format.got : 'it can’t be read' };
  }
  const decided = decidedBy(verification, policy);
  if (against === undefined) return { file, decided };
  const before = decidedBy(verification, against);
  return { file, decided, against: before, change: changeOf(before, decided) };
}

function changeOf(before: Decided, after: Decided): Change {
  const [was, is] = [before.verdict === 'accept', after.verdict === 'accept'];
  if (was === is) return 'same';
  return is ? 'newly-admitted' : 'newly-refused';
}

function decidedBy(verification: BundleVerification, policy: CompiledPolicy): Decided {
  const {
    verdict,
    policy: by,
    nearest,
    reasons,
  } = appraise(verification, policy, Date.parse(verification.at));
  const set = setOf(by, nearest);
  return { verdict, ...(set && { set }), codes: [...new Set(reasons.map(({ code }) => code))] };
}

function setOf({ referenceSet }: Appraisal['policy'], nearest: Appraisal['nearest']) {
  if (referenceSet !== undefined) return { id: referenceSet, fits: true };
  return nearest && { id: nearest.id, fits: false };
}
