import { CHUNK_SIZE } from './chunk-reader.ts';
import { ChunkOpener } from './chunks.ts';
import { SealedFault } from './fault.ts';
import { type Exchange, responseKeys, responseNonceSize } from './response-keys.ts';

export interface OpenerLimits {
  /** Plaintext of one chunk, in bytes; 16,384, which all receivers must take, and no less. */
  readonly largestChunk?: number;
}

/** @throws RangeError below 16,384. */
export function largestChunkOf({ largestChunk = CHUNK_SIZE }: OpenerLimits): number {
  if (largestChunk < CHUNK_SIZE) throw new RangeError(`a limit below ${CHUNK_SIZE} bytes`);
  return largestChunk;
}

/**
 * Opens a response as it arrives (draft-ietf-ohai-chunked-ohttp section 6.2): its nonce, then
 * chunks. What it holds is key, nonce and count, so that a stream which broke off goes on over
 * another connection: drop what came of a chunk, and ask for chunk number `chunksOpened`.
 */
export class ResponseOpener {
  readonly #exchange: Exchange;
  readonly #largestChunk: number;
  readonly #nonce: Uint8Array;
  #nonceFilled = 0;
  #chunks: ChunkOpener | undefined;

  constructor(exchange: Exchange, limits: OpenerLimits = {}) {
    this.#exchange = exchange;
    this.#largestChunk = largestChunkOf(limits);
    this.#nonce = new Uint8Array(responseNonceSize(exchange.suite));
  }

  /** Whether the final chunk was opened: only then is the response all there. */
  get done(): boolean {
    return this.#chunks?.done ?? false;
  }

  /** Whether the nonce in front of the chunks is here: until then a stream starts over. */
  get started(): boolean {
    return this.#chunks !== undefined;
  }

  get chunksOpened(): number {
    return this.#chunks?.chunksOpened ?? 0;
  }

  /**
   * @returns the plaintext of each chunk that is complete now. The final one is not among them: it
   *   goes to the end of the stream, and comes out of {@link end}.
   * @throws SealedFault `decrypt`, `oversized`, and the same again for whatever follows.
   */
  push(bytes: Uint8Array): Uint8Array[] {
    if (this.#chunks) return this.#chunks.push(bytes);
    const part = bytes.subarray(0, this.#nonce.length - this.#nonceFilled);
    this.#nonce.set(part, this.#nonceFilled);
    this.#nonceFilled += part.length;
    if (this.#nonceFilled < this.#nonce.length) return [];
    const keys = responseKeys(this.#exchange, this.#nonce);
    this.#chunks = new ChunkOpener('sealed_response', keys, this.#largestChunk);
    return this.#chunks.push(bytes.subarray(part.length));
  }

  /**
   * To be called when the stream ends.
   *
   * @returns the plaintext of the final chunk, which may be empty.
   * @throws SealedFault `incomplete` for a stream that was cut off, which may still go on;
   *   `decrypt` when the final chunk is not authentic.
   */
  end(): Uint8Array {
    if (!this.#chunks) {
      throw new SealedFault('incomplete', 'sealed_response.nonce', 'ended within the nonce');
    }
    return this.#chunks.end();
  }

  /** Forgets what came of a chunk that is not complete, before a stream goes on elsewhere. */
  dropPartial(): void {
    if (this.#chunks) this.#chunks.dropPartial();
    else this.#nonceFilled = 0;
  }
}
