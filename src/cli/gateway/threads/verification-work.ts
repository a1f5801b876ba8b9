import type { PolicyWork, Work } from '../../../gateway/fleet/verifying.ts';
import type { RecordedAnchors } from '../../../ledger/record/anchors.ts';

/** What a thread that verifies begins with. */
export interface VerificationBeginning {
  readonly anchors: RecordedAnchors;
}

/** What it is asked; each is answered with what the member of `Verifying` of that name gives. */
export type VerificationAsked =
  | { readonly ask: 'verify'; readonly work: Work }
  | { readonly ask: 'appraise'; readonly work: PolicyWork };
