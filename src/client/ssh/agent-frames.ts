import { u32be, writeU32be } from '../../core/bytes/big-endian.ts';
import { ByteReader } from '../../core/bytes/reader.ts';
import { concatBytes } from '../../core/bytes/writer.ts';
import { malformed } from '../../core/fault.ts';

/** Messages of the ssh-agent protocol (draft-ietf-sshm-ssh-agent) that are looked at or made here. */
export const AGENT = {
  failure: 5,
  success: 6,
  requestIdentities: 11,
  identitiesAnswer: 12,
  extension: 27,
} as const;

/** OpenSSH's own bound. */
const LARGEST = 256 * 1024;
const PREFIX = 4;

/** Messages out of a stream of bytes: each behind its length, however the stream was cut. */
export class AgentFrames {
  #held: Uint8Array = new Uint8Array();

  /**
   * @returns the messages that are whole by now: type and contents, without the length.
   * @throws Fault `malformed` at `agent` for an empty one, or one that is too large.
   */
  push(bytes: Uint8Array): readonly Uint8Array[] {
    this.#held = this.#held.length === 0 ? bytes.slice() : concatBytes(this.#held, bytes);
    const frames: Uint8Array[] = [];
    while (this.#held.length >= PREFIX) {
      const r = new ByteReader(this.#held, 'agent');
      const length = u32be(r, 'length');
      if (length === 0 || length > LARGEST)
        throw malformed('agent', `a message of ${length} bytes`);
      if (r.remaining < length) break;
      frames.push(r.bytes(length, 'message'));
      this.#held = this.#held.subarray(PREFIX + length);
    }
    return frames;
  }
}

export function agentFrame(type: number, contents: Uint8Array = new Uint8Array()): Uint8Array {
  return concatBytes(writeU32be(1 + contents.length), Uint8Array.of(type), contents);
}

/** A message as it goes over the wire again. */
export function framed(message: Uint8Array): Uint8Array {
  return concatBytes(writeU32be(message.length), message);
}
