import type { SnpCheckId } from '../../../evidence/snp/checks.ts';
import type { SnpPlan, SnpPlanOptions } from '../plan.ts';
import type { SnpProduct, Tcb } from '../product.ts';

/** What was asked beyond the baseline, to be made once the evidence is there. */
export interface SnpQuestions {
  readonly reportData?: Uint8Array;
  readonly minimumTcb?: Readonly<Partial<Tcb>>;
  readonly minimumLaunchTcb?: Readonly<Partial<Tcb>>;
  readonly minimumCommittedTcb?: Readonly<Partial<Tcb>>;
  /** Bulletins of AMD’s by their ids. */
  readonly fixes?: readonly string[];
  readonly revocation?: 'required';
  readonly relax?: {
    readonly vmpls?: readonly (1 | 2 | 3)[];
    readonly platformInfoBits?: readonly number[];
  };
}

/** The parts of the finished evidence that questions are made of. */
export interface SnpFindings {
  readonly reportData: Uint8Array;
}

/**
 * One thing that is out of the ordinary, with the answers that a verifier owes.
 *
 * `fails`, `unresolved` and `skipped` are exact: nothing else may fail, stay open or be let
 * pass. Where they hold more than one id, the others can't be answered well once the first is
 * not (without a list that can be relied upon, for one, no revocation is known). With neither
 * `fails` nor `unresolved`, the evidence must be accepted.
 */
export interface SnpFault {
  readonly describes: string;
  readonly fails?: readonly SnpCheckId[];
  readonly unresolved?: readonly SnpCheckId[];
  readonly skipped?: readonly SnpCheckId[];
  /** The products of which it makes sense; all, unless said. */
  readonly products?: readonly SnpProduct[];
  readonly options?: Omit<SnpPlanOptions, 'seed' | 'product'>;
  readonly apply?: (plan: SnpPlan) => void;
  readonly asks?: (findings: SnpFindings) => SnpQuestions;
}

export type SnpFaults = Readonly<Record<string, SnpFault>>;
