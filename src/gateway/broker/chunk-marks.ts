/**
 * Where the chunks of a sealed answer begin, counted without a key and without holding a byte of
 * them: nonce, then varint length and ciphertext of each, then a length of 0 and the final one up
 * to the end (draft-ietf-ohai-chunked-ohttp section 4).
 */
export class ChunkMarks {
  /** Offsets in the whole answer, the first that of chunk `#first`; chunk 0 begins with the nonce. */
  readonly #marks: number[] = [0];
  #first = 0;
  /** Of what was fed. */
  #offset = 0;
  /** Bytes that belong to no length. */
  #skip: number;
  #isNonce = true;
  /** Of a length that is torn apart: bytes still to come, and its value so far. */
  #length: { left: number; value: number } | undefined;
  #isFinal = false;

  /** @param nonceSize in bytes, above 0. */
  constructor(nonceSize: number) {
    this.#skip = nonceSize;
  }

  feed(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length && !this.#isFinal) {
      if (this.#skip > 0) {
        const step = Math.min(this.#skip, bytes.length - at);
        this.#skip -= step;
        at += step;
        if (this.#skip === 0) this.#reached(this.#offset + at);
      } else {
        this.#lengthByte(bytes[at] ?? 0);
        at += 1;
      }
    }
    this.#offset += bytes.length;
  }

  /** @returns undefined for a chunk that is not known yet, not any more, or never was. */
  startOf(chunk: number): number | undefined {
    return this.#marks[chunk - this.#first];
  }

  /** What begins before an offset will not be asked for any more. */
  forgetBefore(offset: number): void {
    let gone = 0;
    while (gone < this.#marks.length && (this.#marks[gone] ?? 0) < offset) gone++;
    this.#marks.splice(0, gone);
    this.#first += gone;
  }

  #reached(offset: number): void {
    if (!this.#isNonce) this.#marks.push(offset);
    this.#isNonce = false;
  }

  #lengthByte(byte: number): void {
    if (this.#length === undefined) {
      this.#length = { left: (1 << (byte >> 6)) - 1, value: byte & 0x3f };
    } else {
      this.#length.left--;
      this.#length.value = this.#length.value * 256 + byte;
    }
    if (this.#length.left > 0) return;
    this.#skip = this.#length.value;
    this.#isFinal = this.#skip === 0;
    this.#length = undefined;
  }
}
