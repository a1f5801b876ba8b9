/** Bytes that arrived and were not read yet; adding one byte at a time costs no more than at once. */
export class ByteQueue {
  #buffer = new Uint8Array(256);
  #start = 0;
  #end = 0;

  get length(): number {
    return this.#end - this.#start;
  }

  push(bytes: Uint8Array): void {
    if (this.#end + bytes.length > this.#buffer.length) this.#makeRoom(bytes.length);
    this.#buffer.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** The byte at a place that is filled, without reading it. */
  at(index: number): number {
    return this.#buffer[this.#start + index] ?? 0;
  }

  /** A copy; as many as there are, at most `length`. */
  take(length: number): Uint8Array {
    const end = Math.min(this.#start + length, this.#end);
    const bytes = this.#buffer.slice(this.#start, end);
    this.#start = end;
    return bytes;
  }

  #makeRoom(more: number): void {
    const needed = this.length + more;
    // Half of it free afterwards, so that the next move is far away.
    const roomy = needed * 2 > this.#buffer.length ? new Uint8Array(needed * 2) : this.#buffer;
    roomy.set(this.#buffer.subarray(this.#start, this.#end));
    this.#buffer = roomy;
    this.#end = this.length;
    this.#start = 0;
  }
}
