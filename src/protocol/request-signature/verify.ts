import { importEd25519, verifyEd25519 } from '#crypto';
import { fromHex } from '../../core/bytes/hex.ts';
import { importSr25519, verifySr25519 } from '../../core/crypto/sr25519.ts';
import { Fault, malformed } from '../../core/fault.ts';
import { wantContentDigest } from './content-digest.ts';
import { CLOCK_TOLERANCE, type SignatureAlgorithm, type SignatureParameters } from './profile.ts';
import { signatureBase } from './signature-base.ts';
import { parseSignatureInput, signatureParams } from './signature-input.ts';
import { parseSignature } from './signature-value.ts';
import { parseTarget } from './target.ts';
import { wantInWindow } from './window.ts';

/** A request as it came, all of it attacker-controlled. */
export interface ReceivedRequest {
  readonly method: string;
  /** Path and query as they stand in the request line. */
  readonly target: string;
  readonly headers: ReceivedHeaders;
  /** Of zero bytes where there is none. */
  readonly body: Uint8Array;
}

/** By lower-case name, every occurrence for itself: Node's `IncomingMessage.headersDistinct`. */
export type ReceivedHeaders = Readonly<Record<string, readonly string[] | undefined>>;

/** Whose key signed; whether that is anybody's is for others to say. */
export interface RequestSigner {
  /** The public key, 32 bytes in lower-case hex. */
  readonly keyId: string;
  readonly algorithm: SignatureAlgorithm;
  /** Must not have been used with this key before. */
  readonly nonce: Uint8Array;
  /** How long that must be known, in milliseconds since the epoch. */
  readonly rememberUntil: number;
}

/**
 * Checks that a request was signed, by the profile of `profile.ts`, by the key that its `keyid` is.
 *
 * @param authority of this gateway's own origin, see `authorityOf`.
 * @param now milliseconds since the epoch.
 * @throws Fault `malformed` for what is not in the profile, `unauthenticated` for a signature of
 *   another time, of another key, or over something else.
 */
export function verifyRequest(
  request: ReceivedRequest,
  authority: string,
  now: number,
): RequestSigner {
  const parameters = parseSignatureInput(onlyHeader(request.headers, 'signature-input'));
  const signature = parseSignature(onlyHeader(request.headers, 'signature'));
  const digest = onlyHeader(request.headers, 'content-digest');
  const target = parseTarget(request.target);
  wantInWindow(parameters, now);
  wantContentDigest(digest, request.body);
  const covered = { method: request.method, authority, ...target, contentDigest: digest };
  const base = signatureBase(covered, signatureParams(parameters));
  if (!verifies(parameters, base, signature)) {
    const detail = `is not one of the key in keyid over this request to ${authority}`;
    throw new Fault('unauthenticated', 'signature', detail);
  }
  // Twice the tolerance: gateways of one database may themselves be apart by as much.
  const rememberUntil = (parameters.expires + 2 * CLOCK_TOLERANCE) * 1000;
  const { keyId, algorithm, nonce } = parameters;
  return { keyId, algorithm, nonce, rememberUntil };
}

/** The value of a header that is there once; joined ones could be read in two ways. */
function onlyHeader(headers: ReceivedHeaders, name: string): string {
  const [value, ...more] = headers[name] ?? [];
  if (value === undefined) throw malformed(name, 'a signed request has this header');
  if (more.length > 0) throw malformed(name, `is there ${more.length + 1} times`);
  return value;
}

function verifies(
  { keyId, algorithm }: SignatureParameters,
  base: Uint8Array,
  signature: Uint8Array,
): boolean {
  const bytes = fromHex(keyId, 'signature-input.keyid', 32);
  if (algorithm === 'sr25519') {
    const key = importSr25519(bytes);
    return key !== undefined && verifySr25519(key, base, signature);
  }
  const key = importEd25519(bytes);
  return key !== undefined && verifyEd25519(key, base, signature);
}
