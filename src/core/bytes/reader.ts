import { malformed } from '../fault.ts';

/**
 * A forward-only little-endian cursor over untrusted bytes.
 *
 * Every read names its field, so a truncated input is reported as
 * `tdx.quote.signature: needs 64 bytes at 0x27c, 12 left`, never as a RangeError.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #path: string;
  #offset = 0;

  constructor(bytes: Uint8Array, path: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#path = path;
  }

  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  u8(field: string): number {
    return this.#view.getUint8(this.#advance(1, field));
  }

  u16(field: string): number {
    return this.#view.getUint16(this.#advance(2, field), true);
  }

  u32(field: string): number {
    return this.#view.getUint32(this.#advance(4, field), true);
  }

  u64(field: string): bigint {
    return this.#view.getBigUint64(this.#advance(8, field), true);
  }

  /** A view, not a copy: the caller must not write to it. */
  bytes(length: number, field: string): Uint8Array {
    const start = this.#advance(length, field);
    return this.#bytes.subarray(start, start + length);
  }

  /** Everything that is left, as a view. */
  rest(): Uint8Array {
    return this.bytes(this.remaining, 'rest');
  }

  /** Call once, last: input with a tail is not the structure it claims to be. */
  end(): void {
    if (this.remaining > 0) {
      throw malformed(this.#path, `${this.remaining} bytes after the last field`);
    }
  }

  #advance(length: number, field: string): number {
    if (length > this.remaining) {
      throw malformed(
        `${this.#path}.${field}`,
        `needs ${length} bytes at 0x${this.#offset.toString(16)}, ${this.remaining} left`,
      );
    }
    const start = this.#offset;
    this.#offset += length;
    return start;
  }
}
