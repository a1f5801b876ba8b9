import { withLazyClaims } from '../evidence/lazy-claims.ts';
import type { SnpVerification } from '../evidence/snp/verifier.ts';
import type { TdxVerification } from '../evidence/tdx/verifier.ts';
import { untilOfAll } from '../evidence/until.ts';
import { type Verdict, worstOf } from '../evidence/verdict.ts';
import type { Verification } from '../evidence/verification.ts';
import type { HardwareEvidence, VtpmInput } from '../evidence/vtpm/input.ts';
import { type VtpmFindings, verifyVtpm } from '../evidence/vtpm/verifier.ts';

/** A vTPM's answer, with the answer about the hardware evidence that it rests on as its part. */
export interface VtpmVerification extends VtpmFindings {
  readonly parts: readonly Verification[];
  /** The verdict about the vTPM by itself, whatever the hardware's is. */
  readonly alone: Verdict;
}

/**
 * Holds a vTPM against the evidence of the machine it is in. The verdict is over both: a quote
 * on a platform that is not acceptable is not acceptable either.
 *
 * @param evidence undefined where there is none to be had, as from an envelope that is unreadable.
 */
export function verifyVtpmOn(
  evidence: SnpVerification | TdxVerification | undefined,
  input: Omit<VtpmInput, 'evidence' | 'anchors'>,
): VtpmVerification {
  const vtpm = verifyVtpm({
    ...input,
    evidence: hardwareEvidence(evidence),
    anchors: evidence?.anchors ?? 'none',
  });
  if (evidence === undefined) return { ...vtpm, parts: [], alone: vtpm.verdict };
  const result = {
    ...vtpm,
    verdict: worstOf([vtpm.verdict, evidence.verdict]),
    // A vTPM's key has no certificate of its own.
    ...untilOfAll([evidence]),
    parts: [evidence],
    alone: vtpm.verdict,
  };
  return withLazyClaims(
    result,
    () => vtpm.claims,
    () => evidence.endorsements ?? [],
  );
}

function hardwareEvidence(
  evidence: SnpVerification | TdxVerification | undefined,
): HardwareEvidence {
  if (evidence === undefined) return { kind: 'snp', reportData: undefined, authentic: false };
  const { authentic, revocation } = evidence;
  return 'report' in evidence
    ? {
        kind: 'snp',
        reportData: evidence.report?.reportData,
        vmpl: evidence.report?.vmpl,
        authentic,
        revocation,
      }
    : { kind: 'tdx', reportData: evidence.quote?.body.reportData, authentic, revocation };
}
