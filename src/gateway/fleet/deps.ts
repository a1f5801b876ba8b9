import type { Fault } from '../../core/fault.ts';
import type { Verdict } from '../../evidence/verdict.ts';
import type { AttestCall } from '../../protocol/attest-call.ts';
import type { Appraised, Appraiser } from './appraiser.ts';
import type { FleetLedger } from './ledger.ts';
import type { NodeKey } from './node.ts';
import type { FleetStore } from './store.ts';

/** What the fleet is built on; made once, where the process is. */
export interface FleetDeps {
  readonly store: FleetStore;
  readonly ledger: FleetLedger;
  readonly past: PastDecisions;
  readonly appraiser: Appraiser;
  readonly tokens: TokenMaker;
  /** Asks a node at its endpoint. */
  readonly caller: NodeCaller;
  /** Whether a node's key made a signature; false for whatever is no key or no signature. */
  readonly verifySignature: (key: NodeKey, message: Uint8Array, signature: Uint8Array) => boolean;
  /** Signs what others act on without asking again: a compact JWS over these claims. */
  readonly signStatement: (
    type: string,
    claims: Readonly<Record<string, unknown>>,
  ) => Promise<string>;
  /** Public origin of the gateways that share the database. */
  readonly gateway: string;
  /** Whether nodes may have endpoints in the gateway's own network, which it would call for them. */
  readonly endpoints: 'public' | 'private-too';
  /** 32 bytes, under which hardware is named (see `hardware-name.ts`). */
  readonly hardwareKey: Uint8Array;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
  /** 0 to 1, for jitter; nothing secret hangs on it. */
  readonly random: () => number;
  readonly times: FleetTimes;
  /** How a machine would stand by what its vendor has announced; undefined where nobody can say. */
  readonly forecast?: (bundle: Uint8Array) => Promise<Forecast | undefined>;
  /** Told of what goes on, for metrics; must not throw. */
  readonly observe?: FleetObserver;
}

/** Milliseconds, all of them. */
export interface FleetTimes {
  readonly challengeTtl: number;
  readonly clockSkew: number;
  readonly challengeKeyLife: number;
  /** For how long one gateway has a node to look at, before another may. */
  readonly claim: number;
  /** After the first failed attempt; doubled with each, up to `retryMost`. */
  readonly retry: number;
  readonly retryMost: number;
  /** No admission lasts longer, whatever the policy allows. */
  readonly admissionMost: number;
  readonly overrideMost: number;
}

/** What is to come for a platform that is in order now. */
export interface Forecast {
  /** The TCB status that it will have. */
  readonly status: string;
  /** What is behind and what raises it, a sentence each. */
  readonly behind: readonly string[];
}

export interface PastDecisions {
  /** The evidence of a decision, with the challenge that it answered; undefined once it is forgotten. */
  readonly evidenceOf: (decision: string) => Promise<PastEvidence | undefined>;
}

export interface PastEvidence {
  readonly bundle: Uint8Array;
  readonly nonce: Uint8Array;
  readonly purpose: string;
}

export interface TokenMaker {
  /** A result token about an acceptance, for as long as the admission lasts. */
  readonly token: (about: TokenAbout) => Promise<string>;
}

export interface TokenAbout {
  readonly appraisal: Appraised['appraisal'];
  readonly bundle: Uint8Array;
  readonly decision: string;
  readonly node: string;
  /** Milliseconds since the epoch. */
  readonly issuedAt: number;
  readonly until: number;
}

export interface NodeCaller {
  /**
   * The bundle that a node answers a challenge with.
   *
   * @throws Fault `unreachable` where it does not, in time or at all; `missing` where it says that
   *   it has no connection of the call's session; `malformed` for an answer that is too large.
   */
  readonly call: (endpoint: string, call: AttestCall) => Promise<Uint8Array>;
}

export interface FleetObserver {
  readonly decided: (about: {
    readonly verdict: Verdict;
    readonly codes: readonly string[];
    readonly cpu: string;
    readonly ms: number;
  }) => void;
  /** For how long the one that waits longest has been due, in milliseconds; 0 where nobody is. */
  readonly lag: (ms: number) => void;
  /** Somebody who was due could not be looked at; another round does. */
  readonly failed: (fault: Fault) => void;
}
