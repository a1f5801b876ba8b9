import type { Appraisal } from '../../appraisal/appraise/appraisal.ts';
import type { BundleExpectation } from '../../appraisal/bundle/input.ts';
import type { Decision, UsedPolicy } from '../../ledger/record/capture.ts';

/** What the fleet asks of whoever can verify: endorsements are found, and the policy asked. */
export interface Appraiser {
  /**
   * @throws Fault `malformed` for what is no bundle at all, `busy` where too many wait already,
   *   `internal` where whoever verified it ended, which is no verdict. That endorsements are missing
   *   is no fault: the verdict says so.
   */
  readonly appraise: (request: AppraisalRequest) => Promise<Appraised>;
}

export interface AppraisalRequest {
  /** Exact bytes. */
  readonly bundle: Uint8Array;
  readonly expected: BundleExpectation;
  readonly policy: UsedPolicy;
  /** The instant to decide for, in milliseconds since the epoch. */
  readonly at: number;
}

export interface Appraised extends Pick<Decision, 'input' | 'verified' | 'result'> {
  readonly appraisal: Appraisal;
}
