import type { CheckId } from '../../evidence/verdict.ts';
import type { Verification } from '../../evidence/verification.ts';
import type { Binding } from '../binding/recipe.ts';

/** The policy by which something was decided. */
export interface PolicyName {
  readonly name: string;
  readonly revision: number;
  /** `sha256:<hex>` of its canonical bytes: what anybody else can compare. */
  readonly digest: string;
  /** The reference set that the evidence is of, where it is of one. */
  readonly referenceSet?: string;
}

/** The reference set that evidence comes closest to, where it is of none. */
export interface NearestSet {
  readonly id: string;
  /** Registers that are as they should be, of those that are compared. */
  readonly equal: number;
  readonly compared: number;
  /** The others, by the names that the policy has for them. */
  readonly differs: readonly string[];
  /** The first event in which the log departs from the recorded one; proven, since the log replays. */
  readonly departs?: string;
}

/** Why the verdict is not accept: one for each answer that stands in the way. */
export interface Reason {
  /** The id of the check: stable, and in the table of all of them. */
  readonly code: CheckId;
  readonly outcome: 'fail' | 'unresolved';
  readonly path: string;
  readonly text: string;
}

/**
 * The decision about a verification under a policy: the verification's own answers, those that
 * the policy asks for besides, and what they come to.
 */
export interface Appraisal extends Verification {
  readonly policy: PolicyName;
  readonly nearest?: NearestSet;
  readonly reasons: readonly Reason[];
  /** What is let pass, and should not stay. */
  readonly warnings: readonly string[];
  /** What the operator says of these machines: never compared, never proven. */
  readonly labels: Readonly<Record<string, string>>;
  /** What the evidence commits to; undefined where there is no bundle, or it can't be read. */
  readonly binding: Binding | undefined;
  /** The pieces, with what the policy decides in place of the baseline. */
  readonly parts: readonly Verification[];
}
