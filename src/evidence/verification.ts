import type { AnchorKind } from '../core/x509/anchors.ts';
import type { Endorsement } from './relied-on.ts';
import type { Check, Verdict } from './verdict.ts';

export type EvidenceKind =
  | 'tdx'
  | 'snp'
  | 'vtpm'
  | 'nvidia-gpu'
  | 'nvidia-switch'
  /** What NVIDIA's remote service says of devices: a statement, no evidence of its own. */
  | 'nras'
  /** Several pieces that belong together. */
  | 'bundle';

/** A parsed value as it is shown: bytes as lower-case hex, 64-bit numbers as hex too. */
export type Claim =
  | string
  | number
  | boolean
  | null
  | readonly Claim[]
  | { readonly [name: string]: Claim };

export type Claims = { readonly [name: string]: Claim };

/** The vendor's word on how patched a platform is, where the vendor has one. */
export interface TcbSummary {
  readonly status: string;
  /** RFC 3339 date of the level that matched. */
  readonly date: string;
  readonly advisories: readonly string[];
  /** Statuses that were converged into `status`, by component. */
  readonly components?: { readonly [component: string]: string };
  /** What is behind and which advisories name it, one sentence a component; empty when nothing is. */
  readonly behind?: readonly string[];
  /** The documents this was read from are the vendor's, and about this platform. */
  readonly endorsed?: boolean;
}

/** The answer of a verifier about one piece of evidence; what `--json` prints. */
export interface Verification {
  readonly verdict: Verdict;
  /** Signatures, chains, revocation, structure: the vendor's hardware said this. */
  readonly authentic: boolean;
  readonly evidence: EvidenceKind;
  /** Whose root the evidence chains to, or, chaining to none, whose roots were asked; `none` of nothing. */
  readonly anchors: AnchorKind;
  readonly revocation: 'checked' | 'unchecked';
  /** RFC 3339 time that the check was made for. */
  readonly at: string;
  /**
   * RFC 3339, in UTC to the second: the earliest end of validity among all that this answer
   * rests on, certificates of the evidence and endorsements. No later may anybody act on it. Past
   * already where something was out of date; absent where nothing was relied upon that ends.
   */
  readonly until?: string;
  readonly tcb?: TcbSummary;
  readonly checks: readonly Check[];
  readonly claims: Claims;
  /** The endorsements that it rests on, each once, sorted; hashed each time it is asked for. */
  readonly endorsements?: readonly Endorsement[];
}
