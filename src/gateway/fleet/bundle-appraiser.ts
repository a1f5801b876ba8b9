import { appraise } from '../../appraisal/appraise/appraise.ts';
import { type Bundle, parseBundle } from '../../appraisal/bundle/format.ts';
import {
  type BundleAnchors,
  bundleClocksAt,
  type FoundEndorsements,
} from '../../appraisal/bundle/input.ts';
import { type BundleVerification, BundleVerifier } from '../../appraisal/bundle/verifier.ts';
import type { UsedPolicy } from '../../ledger/record/capture.ts';
import type { AppraisalRequest, Appraised, Appraiser } from './appraiser.ts';
import { Gate } from './gate.ts';

export interface BundleAppraiserDeps {
  readonly anchors: BundleAnchors;
  /** What vendors say of a bundle's pieces, as far as it can be had. */
  readonly find: (
    bundle: Bundle,
    policy: UsedPolicy | undefined,
    at: number,
  ) => Promise<FoundEndorsements>;
  /** Verifications at the same time, and how many more may wait. */
  readonly limits: { readonly atOnce: number; readonly waiting: number };
}

/**
 * Appraises bundles in turns: each takes the thread for as long as its signatures do, and between
 * two everybody else has theirs. What the verifier remembers serves the next.
 */
export class BundleAppraiser implements Appraiser {
  readonly #deps: BundleAppraiserDeps;
  readonly #verifier: BundleVerifier;
  readonly #gate: Gate;

  constructor(deps: BundleAppraiserDeps) {
    this.#deps = deps;
    this.#verifier = new BundleVerifier(deps.anchors);
    this.#gate = new Gate('verification', deps.limits);
  }

  appraise(request: AppraisalRequest): Promise<Appraised> {
    return this.#gate.through(() => this.#appraise(request));
  }

  /** By the baseline alone. @throws Fault as `appraise` does. */
  verify(request: Omit<AppraisalRequest, 'policy'>): Promise<BundleVerification> {
    return this.#gate.through(async () => (await this.#verify(request)).verified);
  }

  async #appraise({ policy, ...request }: AppraisalRequest): Promise<Appraised> {
    const { input, verified } = await this.#verify(request, policy);
    return { input, verified, appraisal: appraise(verified, policy.compiled, request.at) };
  }

  async #verify(
    { bundle: bytes, expected, at }: Omit<AppraisalRequest, 'policy'>,
    policy?: UsedPolicy,
  ): Promise<Omit<Appraised, 'appraisal'>> {
    const { anchors, find } = this.#deps;
    // What is no bundle at all is a bad request, and nothing that anybody decides about.
    const bundle = parseBundle(bytes);
    const endorsements = await find(bundle, policy, at);
    await turn();
    const input = { bundle: bytes, at: bundleClocksAt(at), anchors, endorsements, expected };
    // What was read of the bytes already need not be read again.
    return { input, verified: this.#verifier.verify({ ...input, bundle }) };
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
