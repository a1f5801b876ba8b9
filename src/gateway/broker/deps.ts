import type { AttestCall } from '../../protocol/attest-call.ts';
import type { Services } from '../../protocol/node.ts';
import type { UsageFate } from '../../protocol/session/usage.ts';
import type { Endpoints } from '../endpoint-guard.ts';
import type { BrokerStore } from './store.ts';

/** What the broker is built on; made once, where the process is. It has no key that opens anything. */
export interface BrokerDeps {
  readonly store: BrokerStore;
  readonly nodes: NodeDirectory;
  readonly pools: readonly BrokerPool[];
  /** Asks a node at its endpoint. @throws Fault `unreachable`, `malformed`. */
  readonly callEvidence: (endpoint: string, call: AttestCall) => Promise<Uint8Array>;
  /** The same bundle with what vendors say of it put beside; what is signed in it stays as it is. */
  readonly endorse: (bundle: Uint8Array) => Promise<Uint8Array>;
  readonly endpoints: Endpoints;
  /** 32 bytes, under which accounts are named to nodes. */
  readonly accountKey: Uint8Array;
  /** Origin of the ledger. */
  readonly ledger: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Milliseconds, of a clock that nobody sets. */
  readonly elapsed: () => number;
  /** 0 to 1, without 1; nothing secret hangs on it. */
  readonly random: () => number;
  readonly limits: BrokerLimits;
  /** Told of what goes on; must not throw. */
  readonly observe: BrokerObserver;
}

/** Nodes that serve the same thing. */
export interface BrokerPool {
  readonly name: string;
  /** As whoever serves them names them. */
  readonly models: readonly string[];
  readonly region?: string;
}

/** A node that something may be let to, until its end. */
export interface ServingNode {
  readonly id: string;
  readonly name: string;
  readonly pool: string;
  readonly endpoint: string;
  readonly services?: Services;
  /**
   * Since when something may be let to it without a break, in milliseconds since the epoch: an
   * admission that is renewed in time changes nothing of that.
   */
  readonly since: number;
  /** When its admission ends, in milliseconds since the epoch. */
  readonly until: number;
  /** Ids of the admission and of the decision that it rests on. */
  readonly admission: string;
  readonly decision: string;
  /** SHA-384 of the keyset that it was admitted with, lower-case hex. */
  readonly keyset: string;
}

/** What the broker has to know of the fleet. */
export interface NodeDirectory {
  /** All that may be relayed to now. */
  readonly all: () => Promise<readonly ServingNode[]>;
  /** One of them; undefined for one that nothing may be let to. */
  readonly one: (id: string) => Promise<ServingNode | undefined>;
  /**
   * Tells which nodes may stand otherwise than before, within a second of whatever gateway changed
   * that; `all` where that is not known.
   *
   * @returns what ends it.
   */
  readonly follow: (onChange: (nodes: readonly string[] | 'all') => void) => Promise<() => void>;
  /** The exact bytes of a keyset that the node was admitted with, now or lately. */
  readonly keyset: (node: string, sha384: string) => Promise<Uint8Array | undefined>;
  /** An admission of it that holds, under the same keyset, and that witnesses have seen if any has been. */
  readonly admission: (node: ServingNode) => Promise<ProvenAdmission>;
  /** Notes for everybody that a node's enclave signed two statements that contradict each other. */
  readonly contradicted: (node: string, statements: readonly [string, string]) => Promise<void>;
}

export interface ProvenAdmission {
  readonly decision: string;
  /** When it ends, in milliseconds since the epoch. */
  readonly until: number;
  /** The leaves that show it, with their proofs. */
  readonly leaves: readonly ProvenLeaf[];
}

export interface ProvenLeaf {
  readonly entry: Uint8Array;
  /** A tlog-proof. */
  readonly proof: Uint8Array;
  /** Of the record, where the leaf has digests that it opens; 32 bytes. */
  readonly salt?: Uint8Array;
}

/** Times are in milliseconds. */
export interface BrokerLimits {
  /** Streams at once, of all. */
  readonly streams: number;
  /** Of each key, but for what its credential says otherwise. */
  readonly each: {
    /** Sessions a minute. */
    readonly requests: number;
    /** Streams at once. */
    readonly streams: number;
    /** Tokens a day (UTC), by usage statements; undefined: as many as it likes. */
    readonly tokens: number | undefined;
    /** Challenges for evidence a minute. */
    readonly evidence: number;
  };
  /** Challenges for evidence a minute, of one node. */
  readonly nodeEvidence: number;
  /** Bytes of one sealed request. */
  readonly request: number;
  /** Of a session, from its request to the end of its answer. */
  readonly deadline: number;
  /** Without a byte of it. */
  readonly idle: number;
  readonly resume: {
    /** How long ciphertext is kept after the end. */
    readonly keep: number;
    /** How long an answer goes on for a client that has gone. */
    readonly wait: number;
    /** Bytes of one session, and of all. */
    readonly each: number;
    readonly all: number;
  };
  /** For how long an epoch is not asked for again. */
  readonly epoch: number;
  /** What is said in `Retry-After` where nobody knows better. */
  readonly retryAfter: number;
}

/** Why a session ended. */
export type SessionEnd =
  | 'complete'
  | 'client-gone'
  | 'deadline'
  | 'idle'
  /** The node was revoked, quarantined, or its admission ended. */
  | 'node-out'
  | 'node-broke'
  /** By the node, before it opened anything. */
  | 'refused'
  | 'too-large'
  | 'closing';

export interface BrokerObserver {
  readonly sessions: (open: number, kept: number) => void;
  readonly ended: (about: {
    readonly node: string;
    readonly end: SessionEnd;
    readonly seconds: number;
    readonly up: number;
    readonly down: number;
  }) => void;
  readonly began: (seconds: number) => void;
  readonly statement: (about: {
    readonly node: string;
    readonly fate: UsageFate;
    readonly tokens: number;
    /** The one before it is not there. */
    readonly gap: boolean;
  }) => void;
  readonly refused: (because: 'over-quota' | 'overloaded' | 'unavailable') => void;
  /** Something that goes on by itself failed, and is done again. */
  readonly failed: (error: unknown) => void;
}
