import type { Verdict } from '../../evidence/verdict.ts';
import type { Services } from '../../protocol/node.ts';

/** A machine that somebody enrolled, as the gateways of one database know it. */
export interface FleetNode {
  /** 16 random bytes in lower-case hex, for good. */
  readonly id: string;
  /** For people; unique. */
  readonly name: string;
  /** Its own key: what it asks is signed by it. */
  readonly key: NodeKey;
  /** The pool that it wants to serve in; its policy decides. */
  readonly pool: string;
  /** Where it answers challenges that nobody announced; without it, it must come by itself. */
  readonly endpoint?: string;
  /** Where people reach what it serves, by the word of its operator. */
  readonly services?: Services;
  /** What its operator says it has. */
  readonly declared: Inventory;
  /** Milliseconds since the epoch. */
  readonly enrolledAt: number;
  /** One more with each change: who writes says which one it has read. */
  readonly version: number;
  readonly standing: Standing;
  /**
   * Names of the hardware that it was last accepted with, sorted (see `hardware-name.ts`). Empty
   * until it was accepted once; from then on it has to be this hardware.
   */
  readonly hardware: readonly string[];
  /** The last decision about it, whatever it was. */
  readonly last?: LastDecision;
  /** When somebody has to look at it next, in milliseconds since the epoch. */
  readonly dueAt?: number;
  /** Failed attempts since the last good one: the next may come later for each. */
  readonly failures: number;
}

export interface NodeKey {
  readonly algorithm: 'ed25519' | 'sr25519';
  /** 32 bytes, lower-case hex. */
  readonly publicKey: string;
}

export interface Inventory {
  readonly cpu: 'tdx' | 'snp';
  readonly gpus: number;
  readonly switches: number;
}

/** Where a node stands. Only `admitted` lets anything to it, and only until its end. */
export type Standing =
  | { readonly state: 'enrolled'; readonly since: number }
  | { readonly state: 'admitted'; readonly since: number; readonly admission: Admission }
  /** It was admitted, and did not show in time, or well enough, that it still may be. */
  | { readonly state: 'lapsed'; readonly since: number; readonly code: string }
  | ({ readonly state: 'quarantined'; readonly until?: number } & Ban)
  | ({ readonly state: 'revoked' } & Ban);

export type NodeState = Standing['state'];

/** Somebody put it out. */
interface Ban {
  readonly since: number;
  /** A stable word, e.g. `operator.quarantine`. */
  readonly code: string;
  /** For people. */
  readonly reason: string;
  /** Id of the credential that asked for it; `gateway` where a rule did. */
  readonly by: string;
}

export interface Admission {
  /** Id of the leaf that grants it. */
  readonly id: string;
  /** Id of the decision that it rests on. */
  readonly decision: string;
  /** When it ends by itself, in milliseconds since the epoch: no later than anything it rests on. */
  readonly until: number;
  /** When the evidence was made at the latest: when its challenge was answered. */
  readonly evidenceAt: number;
  /** `sha256:<hex>` of the policy that decided. */
  readonly policy: string;
  readonly referenceSet?: string;
  /** SHA-384 of the keyset that the evidence vouches for, lower-case hex. */
  readonly keyset?: string;
  /** Id of the override without which it would not be. */
  readonly override?: string;
}

export interface LastDecision {
  readonly id: string;
  readonly at: number;
  readonly verdict: Verdict;
  readonly authentic: boolean;
  /** Ids of the checks that failed or stayed open, sorted. */
  readonly codes: readonly string[];
  /** When the challenge was made that the evidence answers. */
  readonly evidenceAt?: number;
  /** `sha256:<hex>` of the policy that decided. */
  readonly policy?: string;
  /** Where it was not the node's own key that showed the evidence: what came may be anybody's. */
  readonly by?: 'anybody';
}

/** Whether anything may be let to a node. */
export function isAdmitted({ standing }: Pick<FleetNode, 'standing'>, now: number): boolean {
  return standing.state === 'admitted' && now < standing.admission.until;
}
