import { Fault } from '../core/fault.ts';
import type { Check } from '../evidence/verdict.ts';

/** Why a source gave nothing that can be used. */
export type Failure = {
  /** The URL of the request, or the source's own. */
  readonly at: string;
  readonly because: string;
} & (
  | { readonly outcome: 'unreachable' }
  | {
      readonly outcome: 'refused';
      /** Those that did not pass; empty when the answer could not even be taken apart. */
      readonly checks: readonly Check[];
    }
);

/** What the network did wrong, as a value; a bug of ours is thrown on. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof Fault) || error.code === 'internal') throw error;
  const { at, detail: because } = error;
  if (error.code === 'unreachable') return { outcome: 'unreachable', at, because };
  return { outcome: 'refused', at, because, checks: [] };
}

/** The sentence for a caller that is left with nothing. */
export function failureText({ outcome, because }: Failure): string {
  // A lying source is as good as none, and says nothing against the machine to be verified.
  return outcome === 'refused' ? `refused what it serves: ${because}` : because;
}
