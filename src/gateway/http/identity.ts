import type { Principal } from '../identity/credential.ts';
import type { Operation, Subject } from '../operation.ts';

/** A request as it came, for whoever finds out who asks (RFC 9421). */
export interface RequestFacts {
  readonly method: string;
  /** The `Host` header as received; empty where there is none (HTTP/1.0). */
  readonly authority: string;
  /** As received, without the query; it has no escapes. */
  readonly path: string;
  /** As received, without the question mark; undefined where there is none. */
  readonly query: string | undefined;
  /** In the order received, each as often as it came. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Exact bytes; empty where there is none. */
  readonly body: Uint8Array;
  /** Milliseconds since the epoch, when the request had come whole. */
  readonly now: number;
}

/** Who asks, and whether they may. */
export interface Identity {
  /**
   * Called only for requests that carry one of {@link CREDENTIAL_HEADERS}: others are anyone's.
   *
   * @throws Fault `unreachable` or `internal` where nobody could find out (503, 500); any other
   *   Fault where a credential does not hold (401, its place and detail are told).
   */
  authenticate(facts: RequestFacts): Promise<Principal>;
  /**
   * @param subject whom it is about, as far as the request says. Without one, or of an empty one,
   *   it is about all that there is: what is not for just anybody's to see, a node must not be told.
   */
  mayDo(principal: Principal, operation: Operation, subject?: Subject): boolean;
}

/** A request without any of these shows nothing; its body is not even read where that won't do. */
export const CREDENTIAL_HEADERS = ['authorization', 'signature', 'signature-input'] as const;
