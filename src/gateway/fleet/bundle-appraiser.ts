import { type Bundle, parseBundle } from '../../appraisal/bundle/format.ts';
import {
  type BundleAnchors,
  bundleClocksAt,
  type FoundEndorsements,
} from '../../appraisal/bundle/input.ts';
import type { WithParts } from '../../appraisal/result/result-json.ts';
import type { UsedPolicy } from '../../ledger/record/capture.ts';
import type { AppraisalRequest, Appraised, Appraiser } from './appraiser.ts';
import { Gate } from './gate.ts';
import type { Verifying, Work, WrittenPolicy } from './verifying.ts';

export interface BundleAppraiserDeps {
  readonly anchors: BundleAnchors;
  /** Under the same anchors. */
  readonly verifying: Verifying;
  /** What vendors say of a bundle's pieces, as far as it can be had. */
  readonly find: (
    bundle: Bundle,
    policy: UsedPolicy | undefined,
    at: number,
  ) => Promise<FoundEndorsements>;
  /** Verifications at the same time, and how many more may wait. */
  readonly limits: { readonly atOnce: number; readonly waiting: number };
}

/** What is asked about evidence that nothing is decided about. */
export type VerificationRequest = Omit<AppraisalRequest, 'policy'> & {
  readonly policy?: UsedPolicy;
};

/** Appraises bundles: finds what vendors say of each, and has it verified. */
export class BundleAppraiser implements Appraiser {
  readonly #deps: BundleAppraiserDeps;
  readonly #gate: Gate;

  constructor(deps: BundleAppraiserDeps) {
    this.#deps = deps;
    this.#gate = new Gate('verification', deps.limits);
  }

  appraise(request: AppraisalRequest): Promise<Appraised> {
    return this.#gate.through(() => this.#appraise(request));
  }

  /** By the policy, or without one by the baseline alone. @throws Fault as `appraise` does. */
  verify(request: VerificationRequest): Promise<WithParts> {
    return this.#gate.through(() => this.#verify(request));
  }

  async #appraise({ policy, ...request }: AppraisalRequest): Promise<Appraised> {
    const { anchors, verifying } = this.#deps;
    const { bundle, work } = await this.#prepare(request, policy);
    const made = await verifying.appraise(
      { ...work, policy: writtenOf(policy) },
      { bundle, policy: policy.compiled },
    );
    const { endorsements, expected } = work;
    const at = bundleClocksAt(work.at);
    return { ...made, input: { bundle: work.bundle, at, anchors, endorsements, expected } };
  }

  async #verify({ policy, ...request }: VerificationRequest): Promise<WithParts> {
    const { bundle, work } = await this.#prepare(request, policy);
    return this.#deps.verifying.verify(
      { ...work, ...(policy && { policy: writtenOf(policy) }) },
      { bundle, ...(policy && { policy: policy.compiled }) },
    );
  }

  async #prepare(
    { bundle: bytes, expected, at }: Omit<AppraisalRequest, 'policy'>,
    policy: UsedPolicy | undefined,
  ): Promise<{ readonly bundle: Bundle; readonly work: Work }> {
    // What is no bundle at all is a bad request, and nothing that anybody decides about.
    const bundle = parseBundle(bytes);
    const endorsements = await this.#deps.find(bundle, policy, at);
    return { bundle, work: { bundle: bytes, at, endorsements, expected } };
  }
}

function writtenOf({ compiled }: UsedPolicy): WrittenPolicy {
  const { digest, canonical } = compiled.read;
  return { digest, canonical };
}
