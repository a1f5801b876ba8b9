import type { FleetEvent, FleetEventType, NewEvent } from './event.ts';
import type { FleetNode, NodeState } from './node.ts';

/**
 * What the fleet needs of whoever keeps it, shared by all gateways of one database. Whatever is
 * handed in or out is plain data: it crosses a thread.
 */
export interface FleetStore {
  node(id: string): Promise<FleetNode | undefined>;
  nodeByName(name: string): Promise<FleetNode | undefined>;
  /** @param publicKey lower-case hex. */
  nodeByKey(publicKey: string): Promise<FleetNode | undefined>;
  /** By id, in order, after one, at most `count`. */
  nodes(
    filter: NodeFilter,
    after: string | undefined,
    count: number,
  ): Promise<readonly FleetNode[]>;
  /** By where they stand; of one pool where it is named. */
  countNodes(pool?: string): Promise<Readonly<Record<NodeState, number>>>;
  /** Which node has each of these, by name of the hardware; nobody's are left out. */
  ownersOf(hardware: readonly string[]): Promise<ReadonlyMap<string, string>>;

  /**
   * Takes nodes that are due: until `retryAt` nobody else does. Whoever took them and is gone by
   * then has lost them. That is no change: their versions stay, and a change that leaves alone when
   * one is due does not free it.
   *
   * @param now those due at it or before, at most `count`: the admitted before all others, whom
   *   machines that never answer would put off until they are out, and longest first.
   */
  takeDue(now: number, retryAt: number, count: number): Promise<readonly FleetNode[]>;

  /**
   * Has every node of a pool looked at, or of all pools, whoever has it: it is due at `at`, or
   * before where it was. Their versions stay.
   *
   * @returns how many there are.
   */
  lookAtAll(pool: string | undefined, at: number): Promise<number>;

  /** Which node a decision was about; kept as long as the node is. */
  nodeOfDecision(decision: string): Promise<string | undefined>;
  /** Ids of the decisions about a node, newest first, at most `count`. */
  decisionsOf(node: string, count: number): Promise<readonly string[]>;

  /**
   * All of a change, durable, or nothing. The ledger's `commit` applies those that come with its
   * entries in the same transaction, by the same rules.
   *
   * @throws Fault `conflict` at `nodes[<id>]` where it is not of the version that was read, is
   *   gone or its id is taken, at `nodes.name` or `nodes.key` where another has it, at `spent` for what was
   *   spent already, at `hardware[<name>]` where another node has it, at `decisions[<id>]` where
   *   the id is taken, at `nodes[<id>]` where a decision is about a node that is not there, at
   *   `pools[<name>]` where its policy is not of the digest that was read.
   */
  apply(change: FleetChange): Promise<void>;

  /** In order, `seq` above `after`, at most `count`; of one type where it is named. */
  events(after: number, count: number, type?: FleetEventType): Promise<readonly FleetEvent[]>;
  lastEvent(): Promise<number>;
  /**
   * Calls back soon (well under a second) after any gateway of the database has added events; may
   * call for nothing. A store that lost its database for a while calls once it has it again.
   *
   * @returns what ends it.
   */
  watchEvents(onEvents: () => void): Promise<() => Promise<void>>;

  /** Which policy decides in a pool. */
  poolPolicy(pool: string): Promise<PoolPolicy | undefined>;
  poolPolicies(): Promise<readonly PoolPolicy[]>;

  /** The keys that challenges are made under, newest first; sealed at rest. */
  challengeKeys(): Promise<readonly ChallengeKey[]>;
  /** Adds one, unless there is one that is no older than `unlessSince`; drops those made before `dropBefore`. */
  rotateChallengeKey(key: ChallengeKey, unlessSince: number, dropBefore: number): Promise<void>;

  /** Forgets what was spent with an end before an instant. @returns how many. */
  purgeSpent(before: number): Promise<number>;
  /**
   * Forgets events of before an instant, the oldest first, up to the first that stays, so that there
   * are no gaps; never the last one.
   *
   * @returns how many.
   */
  purgeEvents(before: number): Promise<number>;
}

export interface NodeFilter {
  readonly pool?: string;
  readonly state?: NodeState;
}

export interface FleetChange {
  /** The whole next state of a node; `expected` is the version that was read, or `new`. */
  readonly node?: { readonly expected: number | 'new'; readonly next: FleetNode };
  /** It goes, and its hardware is free again. */
  readonly remove?: { readonly id: string; readonly expected: number };
  /** A node that all this is about and that stays as it is: if it has changed, nothing is done. */
  readonly about?: { readonly id: string; readonly expected: number };
  /** Something that may be used once. */
  readonly spend?: Spent;
  /** A decision about a node. */
  readonly decision?: { readonly id: string; readonly node: string };
  /** The policy by which all this was decided: if another decides by now, nothing of it is done. */
  readonly under?: {
    readonly pool: string;
    readonly digest: string;
    /** How many envelopes were known that may revoke it; left out: that is not asked. */
    readonly revocations?: number;
  };
  /** What decides in a pool from now on; what was handed in before to revoke it stays. */
  readonly policy?: { readonly expected: string | undefined; readonly next: PoolPolicy };
  /** Every node of a pool is due at an instant, at the latest. */
  readonly lookAt?: { readonly pool: string; readonly at: number };
  readonly events: readonly NewEvent[];
}

export interface Spent {
  /** SHA-256 of it, lower-case hex. */
  readonly digest: string;
  /** When it would have ended by itself, in milliseconds since the epoch. */
  readonly until: number;
}

export interface PoolPolicy {
  readonly pool: string;
  readonly name: string;
  readonly revision: number;
  /** `sha256:<hex>` of its canonical bytes. */
  readonly digest: string;
  /** The file as it was handed in: YAML, JSON or a DSSE envelope. */
  readonly file: Uint8Array;
  /** Revocation envelopes that came with it or since. */
  readonly revocations: readonly Uint8Array[];
  /** Milliseconds since the epoch. */
  readonly activatedAt: number;
  /** A later revision that waits until its activation delay is over. */
  readonly pending?: PendingPolicy;
}

export interface PendingPolicy {
  readonly digest: string;
  readonly file: Uint8Array;
  /** When it was handed in first, which is what its delay counts from. */
  readonly seenAt: number;
  /** When it decides. */
  readonly from: number;
}

export interface ChallengeKey {
  /** 8 random bytes, lower-case hex. */
  readonly id: string;
  /** 32 random bytes. */
  readonly key: Uint8Array;
  readonly madeAt: number;
}
