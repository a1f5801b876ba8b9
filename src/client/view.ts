import type { NearestSet, Reason } from '../appraisal/appraise/appraisal.ts';
import type { AnchorKind } from '../core/x509/anchors.ts';
import type { Check, Verdict } from '../evidence/verdict.ts';
import type { TcbSummary, Verification } from '../evidence/verification.ts';
import type { PosternError } from './errors.ts';

/** All that a client has verified, for a person to look at. Times are milliseconds since the epoch. */
export interface VerificationView {
  /** The gateway's origin: it relays, and is not trusted. */
  readonly gateway: string;
  readonly policy: PolicyView | undefined;
  readonly ledger: LedgerView;
  /** Looked at so far, the last one first. */
  readonly nodes: readonly NodeView[];
}

export interface PolicyView {
  readonly name: string;
  readonly revision: number;
  /** `sha256:<hex>` of the canonical bytes. */
  readonly digest: string;
  readonly pinnedBy: 'file' | 'digest' | 'signers';
  /** Owners whose signatures are good; empty where the document itself is pinned. */
  readonly signedBy: readonly string[];
  /** What says that no other machine of the kind will do, or `any`. */
  readonly deployment: 'chip-ids' | 'platform-instance-ids' | 'register' | 'any';
}

export type LedgerView =
  | { readonly state: 'unchecked' }
  | { readonly state: 'not-seen'; readonly origin: string }
  | {
      readonly state: 'checked';
      readonly origin: string;
      readonly size: number;
      /** Lower-case hex. */
      readonly root: string;
      readonly checkedAt: number;
      /** Nothing was remembered of it before: whether it is the one that others see is not shown. */
      readonly firstContact: boolean;
      readonly witnesses: readonly WitnessView[];
    };

export interface WitnessView {
  readonly name: string;
  /** When it cosigned. */
  readonly at: number;
}

/** One machine at the last look. */
export interface NodeView {
  readonly node: string;
  readonly pool: string;
  readonly region: string | undefined;
  readonly state: 'verified' | 'expired' | 'failed';
  readonly checkedAt: number;
  /** No later is anything sent to it without another look. Absent where it failed. */
  readonly until: number | undefined;
  /** Where it failed before or after there was evidence: why. */
  readonly error: PosternError | undefined;
  readonly evidence: EvidenceView | undefined;
  readonly keys: KeysView | undefined;
  readonly freshness: 'challenge' | 'epoch';
  readonly admission: AdmissionView | undefined;
}

/** What its evidence comes to under the policy of this client. */
export interface EvidenceView {
  readonly verdict: Verdict;
  readonly authentic: boolean;
  readonly anchors: AnchorKind;
  readonly revocation: 'checked' | 'unchecked';
  readonly tcb: TcbSummary | undefined;
  readonly referenceSet: string | undefined;
  readonly nearest: NearestSet | undefined;
  readonly reasons: readonly Reason[];
  readonly warnings: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** What no evidence of this kind shows, e.g. `locality`. */
  readonly notProven: readonly string[];
  readonly checks: readonly Check[];
  /** CPU, devices: each with its checks and claims. */
  readonly parts: readonly Verification[];
}

export interface KeysView {
  /** SHA-384 of the keyset, lower-case hex. */
  readonly keyset: string;
  readonly deployment: string;
  readonly from: number;
  readonly to: number;
  readonly agentConfigSha256: string;
  readonly suite: 'mlkem768-x25519' | 'x25519';
  readonly signsReceipts: boolean;
}

/** What the ledger says of it. */
export interface AdmissionView {
  readonly decision: string;
  readonly decidedAt: number;
  /** By which policy the gateway decided: shown, and not compared with that of the client. */
  readonly policy:
    | { readonly name: string; readonly revision: number; readonly digest: string }
    | undefined;
  readonly until: number;
  readonly leaves: readonly { readonly type: string; readonly index: number }[];
}
