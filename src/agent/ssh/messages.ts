import { u32be, writeU32be } from '../../core/bytes/big-endian.ts';
import { lengthPrefixed } from '../../core/bytes/length-prefixed.ts';
import { ByteReader } from '../../core/bytes/reader.ts';
import { utf8 } from '../../core/bytes/text.ts';
import { AGENT, agentFrame } from '../../core/ssh/agent-messages.ts';

/**
 * The ssh-agent protocol, as far as sshd uses it (draft-ietf-sshm-ssh-agent, sections 3 and 4)
 *
 *     message = string(type u8, contents)
 *
 *     request   type  contents
 *     list      11
 *     sign      13    string key, string data, u32 flags
 *
 *     answer    type  contents
 *     failure    5
 *     list      12    u32 count, count times (string key, string comment)
 *     sign      14    string signature
 */

/** Of a request without its length: many times what sshd sends. */
export const LARGEST_REQUEST = 4096;

export type HostKeyRequest =
  | { readonly kind: 'list' }
  | { readonly kind: 'sign'; readonly key: Uint8Array; readonly data: Uint8Array }
  /** One that is answered with a failure, as the protocol wants it. */
  | { readonly kind: 'other' };

/**
 * @param bytes a message without its length.
 * @returns views of `bytes`.
 * @throws Fault `malformed` at `request…`.
 */
export function parseHostKeyRequest(bytes: Uint8Array): HostKeyRequest {
  const r = new ByteReader(bytes, 'request');
  const type = r.u8('type');
  if (type === AGENT.requestIdentities) {
    r.end();
    return { kind: 'list' };
  }
  if (type !== AGENT.signRequest) return { kind: 'other' };
  const key = r.bytes(u32be(r, 'key'), 'key');
  const data = r.bytes(u32be(r, 'data'), 'data');
  const flags = u32be(r, 'flags');
  r.end();
  // Flags are RSA's, and there is no such key.
  return flags === 0 ? { kind: 'sign', key, data } : { kind: 'other' };
}

export function failureAnswer(): Uint8Array {
  return agentFrame(AGENT.failure);
}

export function listAnswer(keys: readonly Uint8Array[]): Uint8Array {
  const comment = utf8('postern');
  const listed = keys.map((key) => lengthPrefixed(key, comment));
  return agentFrame(AGENT.identitiesAnswer, writeU32be(keys.length), ...listed);
}

/** @param signature as SSH writes it. */
export function signAnswer(signature: Uint8Array): Uint8Array {
  return agentFrame(AGENT.signResponse, lengthPrefixed(signature));
}
