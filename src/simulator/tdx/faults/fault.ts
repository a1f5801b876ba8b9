import type { TdxCheckId } from '../../../evidence/tdx/checks.ts';
import type { TdxTcbStatus } from '../../../evidence/tdx/tcb-status.ts';
import type { PlanOptions, TdxPlan } from '../plan.ts';

/** What was asked beyond the baseline, to be made once the evidence is there. */
export interface TdxQuestions {
  readonly reportData?: Uint8Array;
  readonly minEvaluationDataNumber?: number;
  readonly eventLog?: {
    readonly log: Uint8Array;
    /** The ACPI table of a CCEL log. */
    readonly table?: Uint8Array;
    readonly expected?: Uint8Array;
  };
}

/** The parts of the finished evidence that questions are made of. */
export interface TdxFindings {
  readonly reportData: Uint8Array;
  readonly ccelTable: Uint8Array;
  readonly ccelLog: Uint8Array;
  readonly dstackLog: Uint8Array;
}

/**
 * One thing that is out of the ordinary, with the answers that a verifier owes.
 *
 * `fails` and `unresolved` are exact: nothing else may fail or stay open. Where they hold
 * more than one id, the others can't be answered well once the first is not (without a root
 * CRL, for one, no revocation is known). With neither, the evidence must be accepted.
 */
export interface TdxFault {
  readonly describes: string;
  readonly fails?: readonly TdxCheckId[];
  readonly unresolved?: readonly TdxCheckId[];
  /** The converged status, where it is what the fault is about. */
  readonly tcbStatus?: TdxTcbStatus;
  readonly options?: PlanOptions;
  readonly apply?: (plan: TdxPlan) => void;
  readonly asks?: (findings: TdxFindings) => TdxQuestions;
}

export type TdxFaults = Readonly<Record<string, TdxFault>>;
