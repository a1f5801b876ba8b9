import type { NearestSet } from '../../appraisal/appraise/appraisal.ts';
import type { Verdict } from '../../evidence/verdict.ts';
import type { Services } from '../../protocol/node.ts';
import type { Principal } from '../identity/credential.ts';
import type { FleetEvent } from './event.ts';
import type { FleetNode, Inventory, NodeKey } from './node.ts';
import type { FleetReason } from './outcome.ts';
import type { NodeFilter, PoolPolicy } from './store.ts';

/**
 * What can be asked of the fleet. Routes translate to it and decide nothing: whether a principal
 * may ask is theirs to find out (a table of routes and roles), whether it comes to anything is ours.
 *
 * Each throws Fault `usage` or `malformed` at the member of the request that is wrong, `conflict`
 * for what contradicts what is there, `missing` for a node or decision that is not there,
 * `unreachable` where nothing could be decided or written down: then nothing happened.
 */
export interface FleetService {
  /** A challenge for somebody who has no node yet: for enrolling under a key. */
  enrolmentChallenge(key: NodeKey): Promise<IssuedChallenge>;
  /** @param by an admin, or a key of role `node` for the pool. */
  enrol(enrolment: Enrolment, by: Principal): Promise<FleetNode>;
  /** A challenge for the evidence of a node that is enrolled. */
  challenge(node: string): Promise<IssuedChallenge>;
  /** Verifies, appraises, records, and only then answers. */
  attest(node: string, attestation: Attestation): Promise<AttestationAnswer>;
  /** Asks the node at its endpoint, unannounced, and does the same with what it answers. */
  call(node: string): Promise<AttestationAnswer>;

  node(id: string): Promise<FleetNode>;
  nodes(
    filter: NodeFilter,
    after: string | undefined,
    count: number,
  ): Promise<readonly FleetNode[]>;
  /** @param until when the quarantine ends by itself; undefined: not by itself. */
  quarantine(node: string, by: Principal, reason: string, until?: number): Promise<FleetNode>;
  /** From quarantine; it has to be admitted anew. */
  release(node: string, by: Principal, reason: string): Promise<FleetNode>;
  /** For good. */
  revoke(node: string, by: Principal, reason: string): Promise<FleetNode>;
  /**
   * Admits a node whose last evidence was authentic and left something open, for a while, in the
   * open: a leaf of the ledger says who, why and until when. Never over a reject.
   */
  override(node: string, by: Principal, reason: string, until: number): Promise<FleetNode>;
  /** Takes it off the list, so that its name, key and hardware may be enrolled again. */
  remove(node: string, by: Principal, reason: string): Promise<void>;

  /** Why something was decided. */
  decision(id: string): Promise<DecisionRecord>;
  /** A decision with all that it saw, as one file that anybody can verify and replay. */
  exportDecision(id: string): Promise<Uint8Array>;
  /** The tlog-proof that a decision is in the ledger. */
  decisionProof(id: string): Promise<Uint8Array>;

  policies(): Promise<readonly PoolPolicy[]>;
  /**
   * Lets another policy decide in a pool: a signed one, or a later revision of it. Every node of
   * the pool is looked at again.
   *
   * @param file the policy as it was handed in.
   */
  activatePolicy(
    pool: string,
    by: Principal,
    file: Uint8Array,
    revocations: readonly Uint8Array[],
  ): Promise<PoolPolicy>;

  events(after: number, count: number): Promise<readonly FleetEvent[]>;
  lastEvent(): Promise<number>;
  /** Calls back when there may be new ones, of whatever gateway. @returns what ends it. */
  onEvents(callback: () => void): () => void;

  /**
   * What nodes did that no honest one does, oldest first.
   *
   * @param after `seq` of the last one that is known.
   */
  misbehaviour(after: number, count: number): Promise<readonly Misbehaviour[]>;

  /** Verifies and appraises without deciding anything: not recorded, no token. @returns what `--json` prints. */
  verify(request: VerifyRequest): Promise<Readonly<Record<string, unknown>>>;

  /** Whether it can decide now, and why not. */
  readiness(): Promise<Readiness>;
}

export interface IssuedChallenge {
  /** 32 bytes. */
  readonly nonce: Uint8Array;
  /** Goes into the transcript: `admission:<gateway origin>`, `enrolment:<gateway origin>`. */
  readonly purpose: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

export interface Enrolment {
  readonly name: string;
  readonly key: NodeKey;
  readonly pool: string;
  readonly endpoint?: string;
  readonly services?: Services;
  readonly inventory: Inventory;
  /** The enrolment challenge, 32 bytes. */
  readonly nonce: Uint8Array;
  /** The node's key over the enrolment's transcript (see `enrolment-transcript.ts` in protocol/), 64 bytes. */
  readonly signature: Uint8Array;
}

export interface Attestation {
  readonly nonce: Uint8Array;
  /** `application/vnd.postern.bundle+json`, exact bytes. */
  readonly bundle: Uint8Array;
}

export interface AttestationAnswer {
  /** Id of the decision: the same as its leaf's in the ledger. */
  readonly decision: string;
  readonly verdict: Verdict;
  readonly authentic: boolean;
  readonly reasons: readonly FleetReason[];
  readonly nearest?: NearestSet;
  readonly warnings: readonly string[];
  /** The node as it stands now. */
  readonly node: FleetNode;
  /** The result token (EAR, JWT) of an acceptance. */
  readonly token?: string;
  /** Of the leaf in the ledger. */
  readonly leaf: { readonly origin: string; readonly index: number; readonly size: number };
  /** When it makes sense to ask again after an indeterminate verdict, in milliseconds from now. */
  readonly retryAfter?: number;
}

export interface DecisionRecord {
  readonly id: string;
  /** Absent where the record does not say, or the node was removed. */
  readonly node?: string;
  readonly at: number;
  readonly verdict: Verdict;
  readonly authentic: boolean;
  readonly codes: readonly string[];
  readonly policy?: { readonly name: string; readonly revision: number; readonly digest: string };
  readonly leaf: { readonly origin: string; readonly index: number };
  /** Why what it saw is gone, where it is. */
  readonly forgotten?: string;
}

export interface Misbehaviour {
  /** Of its event. */
  readonly seq: number;
  /** Signed by the gateway: JWS, compact. */
  readonly statement: string;
}

export interface VerifyRequest {
  readonly evidence: Uint8Array;
  /** A pool whose policy appraises it; the baseline alone otherwise. */
  readonly pool?: string;
  readonly nonce?: Uint8Array;
  readonly purpose?: string;
}

export interface Readiness {
  readonly ready: boolean;
  /** What is in order and what is not, by part: `store`, `ledger`, `endorsements`, `events`. */
  readonly parts: Readonly<Record<string, { readonly ok: boolean; readonly says: string }>>;
}
