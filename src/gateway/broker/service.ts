import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AttestCall } from '../../protocol/attest-call.ts';
import type { Candidates } from '../../protocol/session/candidates.ts';
import type { Epoch } from '../../protocol/session/epoch.ts';
import type { UsageFate } from '../../protocol/session/usage.ts';
import type { Principal } from '../identity/credential.ts';
import type { StoredUsage } from './store.ts';

/**
 * What can be asked of the broker. Each throws Fault `usage` or `malformed` at the member of the
 * request that is wrong, `missing` for what is not there, `unreachable`; and BrokerRefusal.
 */
export interface BrokerService {
  /** Nodes that serve a model, or a pool, by weight. Hints: what a node is, its evidence shows. */
  candidates(query: CandidatesAsked): Promise<Candidates>;
  /** What is said to be served, by pool. */
  models(): readonly ServedModel[];
  /** Has a node answer a client's own challenge. @returns the bundle, what vendors say put beside. */
  evidence(node: string, call: AttestCall, by: Principal): Promise<Uint8Array>;
  /** The evidence that a node has for everybody, as it gave it, what vendors say put beside. */
  epoch(node: string): Promise<Epoch>;
  /** Relays a sealed request, and answers once the node does. */
  open(asked: RelayAsked): Promise<Opened>;
  /** Goes on with an answer at a chunk. */
  resume(asked: ResumeAsked): Relayed;
  /** Ends a session of the same credential, and forgets what is kept of it. */
  abort(session: SessionName, by: Principal): void;
  /** Statements that a node hands in by itself. @returns what became of each. */
  handIn(node: string, statements: readonly string[]): Promise<readonly UsageFate[]>;
  /** Usage statements: of a client its own account's, else all. */
  usage(by: Principal, after: number, count: number): Promise<readonly StoredUsage[]>;
}

export interface CandidatesAsked {
  readonly model?: string;
  readonly pool?: string;
  /** The id of a node, of the pool that is named. */
  readonly node?: string;
  /** What nodes of that pool are called: see `isCalled`. */
  readonly name?: string;
  readonly region?: string;
  /** At most so many. */
  readonly count: number;
}

export interface ServedModel {
  readonly model: string;
  readonly pool: string;
}

export interface SessionName {
  readonly pool: string;
  readonly node: string;
  readonly session: string;
}

export interface RelayAsked {
  readonly pool: string;
  readonly node: string;
  readonly model?: string;
  readonly resumable: boolean;
  readonly by: Principal;
  /** The client's, its body unread. */
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Told once the session's own limits bound the time that the request takes. */
  readonly onBounded: () => void;
}

export interface ResumeAsked extends SessionName {
  readonly chunk: number;
  readonly by: Principal;
}

export type Opened =
  | ({ readonly is: 'answer' } & Relayed)
  /** The agent's own refusal of what is outside, which nobody has signed. */
  | { readonly is: 'problem'; readonly status: number; readonly body: Uint8Array };

export interface Relayed {
  readonly session: string;
  /** Writes the answer to a response whose head was set and not sent. */
  readonly to: (response: ServerResponse) => void;
}
