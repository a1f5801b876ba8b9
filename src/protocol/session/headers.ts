/*
 * Headers of sealed sessions. Those outside are seen by everybody on the way and prove nothing;
 * those inside are sealed with the request or the answer.
 */

/** Outside: `?1`, that bytes are to be passed on as they come (draft-ietf-httpbis-incremental). */
export const INCREMENTAL_HEADER = 'incremental';
/** Outside: which model is asked for, as far as whoever relays has to know. */
export const MODEL_HEADER = 'postern-model';
/** Outside, of the relay to the enclave: whose account it is, by a name that means nothing there. */
export const ACCOUNT_HEADER = 'postern-account';
/** Outside: `?1`, that the answer may be continued after the connection broke. */
export const RESUME_HEADER = 'postern-resume';
/** Outside, of an answer: the session's id (see `session-id.ts`). */
export const SESSION_HEADER = 'postern-session';
/** Outside, of an answer: `1`, that the relay gives it, and no enclave did. */
export const UNAUTHENTICATED_HEADER = 'postern-unauthenticated';
/** Trailer, outside and inside: a usage statement. */
export const USAGE_HEADER = 'postern-usage';
/** Trailer, inside alone: a receipt. */
export const RECEIPT_HEADER = 'postern-receipt';
/** Inside, of a request: `sha-384=<hex>`, the keyset that it is sealed under. */
export const KEYSET_HEADER = 'postern-keyset';

/** Inside, of a request: what `idempotency-key` may be; 128 bits, in hex, base64url or as a UUID. */
export const IDEMPOTENCY_KEY = /^[A-Za-z0-9_-]{22,64}$/;

/** Of structured headers (RFC 9651) that are booleans. */
export const TRUE = '?1';

/** What the sender of a request takes the enclave for: the value of {@link KEYSET_HEADER}. */
export function keysetHeader(sha384Hex: string): string {
  return `sha-384=${sha384Hex}`;
}
