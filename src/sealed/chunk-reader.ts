import { concatBytes } from '../core/bytes/writer.ts';
import { AEAD_TAG_SIZE } from '../core/crypto/aead-port.ts';
import { SealedFault } from './fault.ts';
import { readVarint } from './varint.ts';

/** What senders keep to and receivers must take, in bytes of plaintext. */
export const CHUNK_SIZE = 16_384;

/**
 * Finds the chunks in a chunked message (draft-ietf-ohai-chunked-ohttp section 4), without any
 * key: varint length ‖ ciphertext, and for the last a length of 0 and all that follows.
 */
export class ChunkReader {
  readonly #path: string;
  /** Of a ciphertext, in bytes. */
  readonly #limit: number;
  /** A length of which bytes are missing yet. */
  #length: Uint8Array = NOTHING;
  /** A chunk of which bytes are missing yet. */
  #chunk: { readonly bytes: Uint8Array; filled: number } | undefined;
  #final: { readonly parts: Uint8Array[]; size: number } | undefined;

  /** @param largestChunk plaintext, in bytes: more is `oversized`. */
  constructor(path: string, largestChunk: number) {
    this.#path = path;
    this.#limit = largestChunk + AEAD_TAG_SIZE;
  }

  /**
   * @returns ciphertexts of the chunks that are complete now, in order; views into the input
   *   where it has the whole of them.
   * @throws SealedFault `oversized`, or `decrypt` for a chunk that can't hold a byte.
   */
  push(bytes: Uint8Array): Uint8Array[] {
    const chunks: Uint8Array[] = [];
    let at = 0;
    while (at < bytes.length) {
      if (this.#final) at = this.#finalPart(bytes, at);
      else if (this.#chunk) at = this.#restOfChunk(this.#chunk, bytes, at, chunks);
      else at = this.#nextChunk(bytes, at, chunks);
    }
    return chunks;
  }

  /**
   * To be called when the message ends.
   *
   * @returns the ciphertext of the final chunk.
   * @throws SealedFault `incomplete` when it ended before.
   */
  end(): Uint8Array {
    if (!this.#final) {
      throw new SealedFault('incomplete', this.#path, 'ended before the final chunk');
    }
    return concatBytes(...this.#final.parts);
  }

  /** Forgets what there is of a chunk that is not complete: the next byte begins one. */
  dropPartial(): void {
    this.#length = NOTHING;
    this.#chunk = undefined;
    this.#final = undefined;
  }

  #nextChunk(bytes: Uint8Array, at: number, chunks: Uint8Array[]): number {
    const held = this.#length.length;
    // A length is seldom torn apart; then what follows its beginning is at most 7 bytes.
    const source = held > 0 ? concatBytes(this.#length, bytes.subarray(at, at + 8)) : bytes;
    const length = readVarint(source, held > 0 ? 0 : at);
    if (!length) {
      this.#length = held > 0 ? source : bytes.slice(at);
      return bytes.length;
    }
    this.#length = NOTHING;
    const start = at + length.size - held;
    if (length.value === 0) {
      this.#final = { parts: [], size: 0 };
      return start;
    }
    this.#mustFit(length.value);
    if (length.value <= AEAD_TAG_SIZE) {
      throw new SealedFault('decrypt', this.#path, 'an empty chunk that is not the final one');
    }
    const end = start + length.value;
    if (end > bytes.length) {
      this.#chunk = { bytes: new Uint8Array(length.value), filled: 0 };
      return start;
    }
    chunks.push(bytes.subarray(start, end));
    return end;
  }

  #restOfChunk(
    chunk: { readonly bytes: Uint8Array; filled: number },
    bytes: Uint8Array,
    at: number,
    chunks: Uint8Array[],
  ): number {
    const part = bytes.subarray(at, at + chunk.bytes.length - chunk.filled);
    chunk.bytes.set(part, chunk.filled);
    chunk.filled += part.length;
    if (chunk.filled === chunk.bytes.length) {
      chunks.push(chunk.bytes);
      this.#chunk = undefined;
    }
    return at + part.length;
  }

  #finalPart(bytes: Uint8Array, at: number): number {
    if (!this.#final) return at;
    this.#final.size += bytes.length - at;
    this.#mustFit(this.#final.size);
    this.#final.parts.push(bytes.slice(at));
    return bytes.length;
  }

  #mustFit(size: number): void {
    if (size <= this.#limit) return;
    throw new SealedFault('oversized', this.#path, `a chunk above ${this.#limit} bytes, sealed`);
  }
}

const NOTHING = new Uint8Array();
