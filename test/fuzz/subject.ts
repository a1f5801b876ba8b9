import type { Verification } from '../../src/evidence/verification.ts';

/** One kind of evidence as campaigns see it; costly to make, so made once for all of a file. */
export interface Subject<Evidence, World> {
  /** Everything honest that there is to take pieces from. */
  readonly world: World;
  /**
   * A verifier that remembers so many things. Its answers are what a report prints: without
   * parsed structures, which JSON can't hold.
   */
  readonly verifier: (entries: number) => (evidence: Evidence) => Verification;
  /** Bytes and characters that somebody has to read. */
  readonly sizeOf: (evidence: Evidence) => number;
  /**
   * Several changes together multiply to megabytes, which cost what megabytes cost: that this
   * grows no faster than they do is asked by itself, see `growthOf`.
   */
  readonly largest: number;
  /** Honest evidence of one kind costs about the same. */
  readonly kindOf: (evidence: Evidence) => string;
  /** The same in buffers that the next call of this uses again. */
  readonly held: (evidence: Evidence) => Evidence;
  /** What is wrong with an answer: in itself, or since it believes what is not honest. */
  readonly problemsOf: (result: Verification, evidence: Evidence) => string[];
}
