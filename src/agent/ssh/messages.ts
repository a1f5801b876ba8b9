import { u32be, writeU32be } from '../../core/bytes/big-endian.ts';
import { lengthPrefixed } from '../../core/bytes/length-prefixed.ts';
import { ByteReader } from '../../core/bytes/reader.ts';
import { utf8 } from '../../core/bytes/text.ts';
import { concatBytes } from '../../core/bytes/writer.ts';
import { malformed } from '../../core/fault.ts';

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
const REQUEST = { list: 11, sign: 13 } as const;
const ANSWER = { failure: 5, list: 12, sign: 14 } as const;

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
  if (type === REQUEST.list) {
    r.end();
    return { kind: 'list' };
  }
  if (type !== REQUEST.sign) return { kind: 'other' };
  const key = r.bytes(u32be(r, 'key'), 'key');
  const data = r.bytes(u32be(r, 'data'), 'data');
  const flags = u32be(r, 'flags');
  r.end();
  // Flags are RSA's, and there is no such key.
  return flags === 0 ? { kind: 'sign', key, data } : { kind: 'other' };
}

export function failureAnswer(): Uint8Array {
  return message(ANSWER.failure);
}

export function listAnswer(keys: readonly Uint8Array[]): Uint8Array {
  const comment = utf8('postern');
  const listed = keys.map((key) => lengthPrefixed(key, comment));
  return message(ANSWER.list, writeU32be(keys.length), ...listed);
}

/** @param signature as SSH writes it. */
export function signAnswer(signature: Uint8Array): Uint8Array {
  return message(ANSWER.sign, lengthPrefixed(signature));
}

function message(type: number, ...contents: readonly Uint8Array[]): Uint8Array {
  return lengthPrefixed(concatBytes(Uint8Array.of(type), ...contents));
}

/** Cuts a stream into messages; keeps no more than one that is not whole. */
export class RequestStream {
  #held: Uint8Array = new Uint8Array();

  /**
   * @returns the messages that are whole now, without their lengths.
   * @throws Fault `malformed` for one that is empty or too large; nothing behind it can be read.
   */
  push(bytes: Uint8Array): readonly Uint8Array[] {
    const all = concatBytes(this.#held, bytes);
    const whole: Uint8Array[] = [];
    let at = 0;
    while (all.length - at >= 4) {
      const r = new ByteReader(all.subarray(at), 'request');
      const length = u32be(r, 'length');
      if (length < 1 || length > LARGEST_REQUEST) {
        throw malformed('request.length', `want 1 to ${LARGEST_REQUEST}, got ${length}`);
      }
      if (r.remaining < length) break;
      whole.push(r.bytes(length, 'message'));
      at += 4 + length;
    }
    this.#held = all.slice(at);
    return whole;
  }
}
