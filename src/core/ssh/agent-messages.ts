import { u32be, writeU32be } from '../bytes/big-endian.ts';
import { ByteReader } from '../bytes/reader.ts';
import { concatBytes } from '../bytes/writer.ts';
import { malformed } from '../fault.ts';

/** Types of messages of the ssh-agent protocol (draft-ietf-sshm-ssh-agent), as far as they are used here. */
export const AGENT = {
  failure: 5,
  success: 6,
  requestIdentities: 11,
  identitiesAnswer: 12,
  signRequest: 13,
  signResponse: 14,
  extension: 27,
} as const;

/** OpenSSH's own bound, in bytes, of a message without its length. */
export const LARGEST_AGENT_MESSAGE = 256 * 1024;
const PREFIX = 4;

/** Messages out of a stream of bytes: each behind its length, however the stream was cut. */
export class AgentFrames {
  readonly #largest: number;
  readonly #path: string;
  #held: Uint8Array = new Uint8Array();

  /** @param path under which a message that is too large is told. */
  constructor(largest: number, path: string) {
    this.#largest = largest;
    this.#path = path;
  }

  /** Whether a message has begun that is not whole. */
  get isWithin(): boolean {
    return this.#held.length > 0;
  }

  /**
   * @returns the messages that are whole by now: type and contents, without the length.
   * @throws Fault `malformed` at `<path>.length` for an empty one, or one that is too large: nothing
   *   behind it can be read.
   */
  push(bytes: Uint8Array): readonly Uint8Array[] {
    this.#held = this.#held.length === 0 ? bytes.slice() : concatBytes(this.#held, bytes);
    const frames: Uint8Array[] = [];
    while (this.#held.length >= PREFIX) {
      const r = new ByteReader(this.#held, this.#path);
      const length = u32be(r, 'length');
      if (length === 0 || length > this.#largest) {
        throw malformed(`${this.#path}.length`, `want 1 to ${this.#largest}, got ${length}`);
      }
      if (r.remaining < length) break;
      frames.push(r.bytes(length, 'message'));
      this.#held = this.#held.subarray(PREFIX + length);
    }
    return frames;
  }
}

export function agentFrame(type: number, ...contents: readonly Uint8Array[]): Uint8Array {
  return framed(concatBytes(Uint8Array.of(type), ...contents));
}

/** @param message its type and contents. */
export function framed(message: Uint8Array): Uint8Array {
  return concatBytes(writeU32be(message.length), message);
}
