/**
 * How a request is signed: one strict profile of HTTP Message Signatures (RFC 9421) over a
 * Content-Digest (RFC 9530). There is one signature, and one way to write each of its parts:
 *
 *     content-digest: sha-256=:<base64>:
 *     signature-input: postern=("@method" "@authority" "@path" "@query" "content-digest");created=<seconds>;expires=<seconds>;nonce="<base64url>";keyid="<hex>";alg="<algorithm>";tag="postern"
 *     signature: postern=:<base64>:
 *
 * What another order, a further component or parameter, or a space more would mean is a question
 * that signer and verifier could answer differently: they are refused.
 *
 * - `@authority` is that of the gateway's own origin, whatever `host` says: what was signed for one
 *   gateway is worth nothing to another.
 * - `@path` and `@query` are those of the request line, to the character; no query is `?`.
 * - `content-digest` is there for a request without content as well, over its zero bytes.
 * - `keyid` is the public key itself, so that a signature can be checked before anybody is looked
 *   up: only who has the key learns whether it is known.
 * - `alg` is `ed25519` (RFC 9421 section 3.3.6) or `sr25519`, which the RFC's registry has not:
 *   schnorrkel over the signature base under the signing context `substrate`, 64 bytes.
 */
export const LABEL = 'postern';

/** Of the parameter `tag`: signatures that other applications have made with a key are not ours. */
export const TAG = 'postern';

/** What is signed, in this order. */
export const COMPONENTS = ['@method', '@authority', '@path', '@query', 'content-digest'] as const;

export type SignatureAlgorithm = 'ed25519' | 'sr25519';

/** Most seconds from `created` to `expires`. */
export const LONGEST_VALIDITY = 300;

/** Seconds that the clocks of signer and verifier may be apart. */
export const CLOCK_TOLERANCE = 60;

/** What `signature-input` says, beside what it always says. */
export interface SignatureParameters {
  /** Seconds since the epoch. */
  readonly created: number;
  /** Seconds since the epoch, at most {@link LONGEST_VALIDITY} after `created`. */
  readonly expires: number;
  /** 16 to 64 random bytes, another for each request. */
  readonly nonce: Uint8Array;
  /** The public key, 32 bytes in lower-case hex. */
  readonly keyId: string;
  readonly algorithm: SignatureAlgorithm;
}
