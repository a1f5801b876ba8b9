import type { NvidiaCheckId, NvidiaTopologyCheckId } from '../../../evidence/nvidia/checks.ts';
import type { DeviceKind, NvidiaRelaxation } from '../../../evidence/nvidia/input.ts';
import type { NvidiaModel } from '../model.ts';
import type { NvidiaNodePlan, NvidiaNodePlanOptions } from '../node-plan.ts';
import type { NvidiaPlan, NvidiaPlanOptions } from '../plan.ts';

/** What was asked beyond the baseline, to be made once the evidence is there. */
export interface NvidiaQuestions {
  readonly nonce?: Uint8Array;
  readonly device?: DeviceKind;
  readonly revocation?: 'required';
  readonly relax?: NvidiaRelaxation;
}

/** The parts of the finished evidence that questions are made of. */
export interface NvidiaFindings {
  readonly nonce: Uint8Array;
  readonly responderNonce: Uint8Array;
}

/**
 * One thing that is out of the ordinary, with the answers that a verifier owes.
 *
 * `fails`, `unresolved` and `skipped` are exact: nothing else may fail, stay open or be let
 * pass. Where they hold more than one id, the others can't be answered well once the first is
 * not (without a manifest that can be relied upon, for one, its measurements are not compared).
 * With neither `fails` nor `unresolved`, the evidence must be accepted.
 */
export interface NvidiaFault {
  readonly describes: string;
  readonly fails?: readonly NvidiaCheckId[];
  readonly unresolved?: readonly NvidiaCheckId[];
  readonly skipped?: readonly NvidiaCheckId[];
  /** The models of which it makes sense; `h100`, unless said. */
  readonly models?: readonly NvidiaModel[];
  readonly options?: Omit<NvidiaPlanOptions, 'seed' | 'model'>;
  readonly apply?: (plan: NvidiaPlan) => void;
  readonly asks?: (findings: NvidiaFindings) => NvidiaQuestions;
}

export type NvidiaFaults = Readonly<Record<string, NvidiaFault>>;

/** What is asked about all devices of a machine beyond the baseline. */
export interface NvidiaNodeQuestions extends Omit<NvidiaQuestions, 'device'> {
  readonly expected?: Partial<Readonly<Record<DeviceKind, number>>>;
}

/** The same of a whole machine; the answers are those about its devices as well. */
export interface NvidiaNodeFault {
  readonly describes: string;
  readonly fails?: readonly (NvidiaCheckId | NvidiaTopologyCheckId)[];
  readonly unresolved?: readonly (NvidiaCheckId | NvidiaTopologyCheckId)[];
  readonly skipped?: readonly (NvidiaCheckId | NvidiaTopologyCheckId)[];
  readonly options?: Omit<NvidiaNodePlanOptions, 'seed'>;
  readonly apply?: (node: NvidiaNodePlan) => void;
  readonly asks?: (findings: Pick<NvidiaFindings, 'nonce'>) => NvidiaNodeQuestions;
}

export type NvidiaNodeFaults = Readonly<Record<string, NvidiaNodeFault>>;
