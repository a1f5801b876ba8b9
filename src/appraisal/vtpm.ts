import type { SnpVerification } from '../evidence/snp/verifier.ts';
import type { TdxVerification } from '../evidence/tdx/verifier.ts';
import { worstOf } from '../evidence/verdict.ts';
import type { Verification } from '../evidence/verification.ts';
import type { VtpmInput } from '../evidence/vtpm/input.ts';
import { verifyVtpm } from '../evidence/vtpm/verifier.ts';

/** A vTPM's answer, with the answer about the hardware evidence that it rests on as its part. */
export interface VtpmVerification extends Verification {
  readonly parts: readonly Verification[];
}

/**
 * Holds a vTPM against the evidence of the machine it is in. The verdict is over both: a quote
 * on a platform that is not acceptable is not acceptable either.
 */
export function verifyVtpmOn(
  evidence: SnpVerification | TdxVerification,
  input: Omit<VtpmInput, 'evidence' | 'anchors'>,
): VtpmVerification {
  const vtpm = verifyVtpm({
    ...input,
    evidence: {
      kind: 'report' in evidence ? 'snp' : 'tdx',
      reportData:
        'report' in evidence ? evidence.report?.reportData : evidence.quote?.body.reportData,
      authentic: evidence.authentic,
      revocation: evidence.revocation,
    },
    anchors: evidence.anchors,
  });
  return { ...vtpm, verdict: worstOf([vtpm.verdict, evidence.verdict]), parts: [evidence] };
}
