import type { Bundle } from '../../appraisal/bundle/format.ts';
import type { BundleExpectation, FoundEndorsements } from '../../appraisal/bundle/input.ts';
import type { WithParts } from '../../appraisal/result/result-json.ts';
import type { UsedPolicy } from '../../ledger/record/capture.ts';
import type { Appraised } from './appraiser.ts';

/**
 * Whoever does the arithmetic, in this thread or another: signatures, chains, logs, the policy's
 * rules, the digest of what came out. The answers are the same wherever it is done.
 */
export interface Verifying {
  /**
   * What `--json` prints, and nothing else; by the policy, where one is named.
   *
   * @throws Fault `busy`, and `internal` for work that came to no end: never a verdict.
   */
  readonly verify: (work: Work, read: WorkRead) => Promise<WithParts>;
  /** @throws Fault as `verify` does. */
  readonly appraise: (work: PolicyWork, read: PolicyWorkRead) => Promise<MachineAppraisal>;
}

/** All that an answer depends on beside the anchors; plain data, that can be handed to another thread. */
export interface Work {
  /** Exact bytes. */
  readonly bundle: Uint8Array;
  /** The instant to verify for, in milliseconds since the epoch. */
  readonly at: number;
  readonly endorsements: FoundEndorsements;
  readonly expected: BundleExpectation;
  readonly policy?: WrittenPolicy;
}

export type PolicyWork = Work & { readonly policy: WrittenPolicy };

export interface WrittenPolicy {
  /** `sha256:<hex>` of the canonical bytes. */
  readonly digest: string;
  readonly canonical: Uint8Array;
}

/** What was read of the same bytes already, for whoever shares a memory with the reader. */
export interface WorkRead {
  readonly bundle: Bundle;
  readonly policy?: UsedPolicy['compiled'];
}

export type PolicyWorkRead = WorkRead & { readonly policy: UsedPolicy['compiled'] };

export type MachineAppraisal = Pick<Appraised, 'verified' | 'appraisal' | 'result'>;
