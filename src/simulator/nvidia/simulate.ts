import type { NvidiaQuestions } from './faults/fault.ts';
import { nvidiaCase } from './faults/table.ts';
import {
  createNvidiaPlatform,
  type NvidiaPlatform,
  type NvidiaPlatformOptions,
} from './platform.ts';

export interface NvidiaSimulation extends NvidiaPlatformOptions {
  /** The requester’s nonce, 32 bytes. */
  readonly nonce?: Uint8Array;
}

/** One piece of evidence with all that is needed to verify it. */
export interface SimulatedNvidia extends Omit<NvidiaPlatform, 'report'> {
  readonly report: Uint8Array;
  /** What the fault wants to be asked beyond the baseline. */
  readonly questions: NvidiaQuestions;
}

/** One report of a device that is made for it. */
export function simulateNvidia(options: NvidiaSimulation = {}): SimulatedNvidia {
  const { nonce: requested, ...platformOptions } = options;
  const { report, ...made } = createNvidiaPlatform(platformOptions);
  const nonce = requested ?? made.plan.report.nonce;
  const asks = options.fault && nvidiaCase(options.fault).asks;
  return {
    ...made,
    report: report(nonce),
    questions: asks?.({ nonce, responderNonce: made.plan.report.responderNonce }) ?? {},
  };
}
