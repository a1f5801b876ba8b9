import { appraise } from '../../appraisal/appraise/appraise.ts';
import { type BundleAnchors, bundleClocksAt } from '../../appraisal/bundle/input.ts';
import { type BundleVerification, BundleVerifier } from '../../appraisal/bundle/verifier.ts';
import { treeJson, type WithParts } from '../../appraisal/result/result-json.ts';
import { plainAppraisal } from './plain-appraisal.ts';
import type {
  MachineAppraisal,
  PolicyWork,
  PolicyWorkRead,
  Verifying,
  Work,
  WorkRead,
} from './verifying.ts';

/** The arithmetic itself, with answers in plain data; what it remembers of chains and endorsements serves the next machine. */
export class MachineVerifier {
  readonly #verifier: BundleVerifier;

  constructor(anchors: BundleAnchors) {
    this.#verifier = new BundleVerifier(anchors);
  }

  verify(work: Work, { bundle, policy }: WorkRead): WithParts {
    const verified = this.#verified(work, bundle);
    const answer = policy === undefined ? verified : appraise(verified, policy, work.at);
    return treeJson(answer) as WithParts;
  }

  appraise(work: PolicyWork, { bundle, policy }: PolicyWorkRead): MachineAppraisal {
    const verified = this.#verified(work, bundle);
    return plainAppraisal(verified, appraise(verified, policy, work.at));
  }

  #verified({ at, endorsements, expected }: Work, bundle: WorkRead['bundle']): BundleVerification {
    return this.#verifier.verify({ bundle, at: bundleClocksAt(at), endorsements, expected });
  }
}

/** In the caller's own thread: each takes it for as long as its signatures do, and between two others have their turn. */
export class VerifyingHere implements Verifying {
  readonly #verifier: MachineVerifier;

  constructor(anchors: BundleAnchors) {
    this.#verifier = new MachineVerifier(anchors);
  }

  async verify(work: Work, read: WorkRead): Promise<WithParts> {
    await turn();
    return this.#verifier.verify(work, read);
  }

  async appraise(work: PolicyWork, read: PolicyWorkRead): Promise<MachineAppraisal> {
    await turn();
    return this.#verifier.appraise(work, read);
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
