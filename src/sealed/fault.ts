import { Fault } from '../core/fault.ts';

/**
 * What is wrong with a sealed message, for whoever has to answer it:
 * `ohttp-key` sealed to a key or with algorithms that are not served here (any more);
 * `malformed` not the structure; `decrypt` not authentic, or not where it belongs;
 * `oversized` above a limit; `incomplete` ended before its final chunk.
 */
export type SealedProblem = 'ohttp-key' | 'malformed' | 'decrypt' | 'oversized' | 'incomplete';

/** The code is `malformed`, and `unsupported` for `ohttp-key`. */
export class SealedFault extends Fault {
  readonly kind: SealedProblem;

  constructor(kind: SealedProblem, at: string, detail: string) {
    super(kind === 'ohttp-key' ? 'unsupported' : 'malformed', at, detail);
    this.kind = kind;
  }
}
