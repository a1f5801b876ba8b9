import { malformed } from '../../core/fault.ts';
import { contentDigest } from './content-digest.ts';
import type { SignatureParameters } from './profile.ts';
import { signatureBase } from './signature-base.ts';
import { parseSignatureInput, signatureParams, writeSignatureInput } from './signature-input.ts';
import { writeSignature } from './signature-value.ts';
import { authorityOf, parseTarget } from './target.ts';

export interface OutgoingRequest {
  /** In capital letters. */
  readonly method: string;
  /** Whole, as it will be asked for; its origin is the gateway's. */
  readonly url: string;
  /** Of zero bytes where there is none. */
  readonly body: Uint8Array;
}

/** Headers to send along, each once. */
export interface SignatureHeaders {
  readonly 'content-digest': string;
  readonly 'signature-input': string;
  readonly signature: string;
}

/**
 * Signs a request, by the profile of `profile.ts`.
 *
 * @param sign by the key that `keyId` names, over the bytes it is given; 64 bytes.
 * @throws Fault `malformed` for what no gateway would take.
 */
export async function signRequest(
  { method, url, body }: OutgoingRequest,
  parameters: SignatureParameters,
  sign: (base: Uint8Array) => Uint8Array | Promise<Uint8Array>,
): Promise<SignatureHeaders> {
  const parsed = URL.parse(url);
  if (parsed === null) throw malformed('request.url', 'is no URL');
  const authority = authorityOf(parsed.origin, 'request.url');
  const target = parseTarget(parsed.pathname + parsed.search);
  const digest = contentDigest(body);
  const input = writeSignatureInput(parameters);
  parseSignatureInput(input); // the verifier's own judgement on what we were given
  const covered = { method, authority, ...target, contentDigest: digest };
  const signature = await sign(signatureBase(covered, signatureParams(parameters)));
  if (signature.length !== 64) throw malformed('signature', `of ${signature.length} bytes`);
  return {
    'content-digest': digest,
    'signature-input': input,
    signature: writeSignature(signature),
  };
}
