import type { Check } from '../evidence/verdict.ts';

/**
 * What a document is worth for one question at one instant:
 * `current`: verified and in date; `outdated`: verified as far as it goes, but something is
 * out of date or missing; `refused`: forged, damaged, or not what it is filed under.
 */
export type Judged<Found> =
  | (Found & { readonly state: 'current' })
  | (Found & Doubt & { readonly state: 'outdated' })
  | (Doubt & { readonly state: 'refused' });

interface Doubt {
  readonly because: string;
  /** Those that did not pass. */
  readonly checks: readonly Check[];
}
