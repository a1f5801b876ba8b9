import { toHex } from '../bytes/hex.ts';
import { malformed } from '../fault.ts';

/** The universal tags that certificates, CRLs and vendor extensions use (X.690 table 1). */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  printableString: 0x13,
  t61String: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** An arc that is a UUID has up to 128 bits (ITU-T X.667 section 6): 19 bytes. */
const LARGEST_ARC = 1n << 128n;
const LONGEST_ARC = 19;

/** One element: `raw` is header and content, as signed or hashed. */
export interface DerElement {
  readonly tag: number;
  readonly content: Uint8Array;
  readonly raw: Uint8Array;
}

/**
 * A forward-only cursor over DER (X.690 section 10): definite, minimal lengths; minimal
 * INTEGERs; BOOLEAN 0x00 or 0xff; single-byte tags. What BER would allow is refused, so
 * that two parsers can never read one signed certificate differently.
 */
export class DerReader {
  readonly #bytes: Uint8Array;
  readonly #path: string;
  readonly #start: number;
  readonly #end: number;
  #offset: number;

  /** @param start where in `bytes` the cursor's own begin, and where they end. */
  constructor(bytes: Uint8Array, path: string, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#path = path;
    this.#start = start;
    this.#end = end;
    this.#offset = start;
  }

  get done(): boolean {
    return this.#offset === this.#end;
  }

  /** The next tag without reading it; undefined at the end. */
  peek(): number | undefined {
    return this.done ? undefined : this.#bytes[this.#offset];
  }

  /** The next element, whatever it is. */
  element(field: string): DerElement {
    const start = this.#offset;
    const contentStart = this.#pass(field);
    return {
      tag: this.#bytes[start] as number,
      content: this.#bytes.subarray(contentStart, this.#offset),
      raw: this.#bytes.subarray(start, this.#offset),
    };
  }

  /**
   * Moves behind the next element.
   *
   * @returns where its content begins; it ends at the new offset.
   */
  #pass(field: string): number {
    const bytes = this.#bytes;
    const start = this.#offset;
    const left = this.#end - start;
    if (left < 2) {
      throw malformed(this.#at(field), `needs 2 bytes at ${start - this.#start}, ${left} left`);
    }
    const tag = bytes[start] as number;
    if ((tag & 0x1f) === 0x1f) throw malformed(this.#at(field), 'multi-byte tag');
    let length = bytes[start + 1] as number;
    let header = 2;
    if (length >= 0x80) {
      const count = length & 0x7f;
      if (count === 0 || count > 4)
        throw malformed(this.#at(field), 'indefinite or oversized length');
      if (left < 2 + count) throw malformed(this.#at(field), 'length runs past the end');
      length = 0;
      for (let i = 0; i < count; i++) length = length * 256 + (bytes[start + 2 + i] as number);
      header += count;
      const minimal = length >= 0x80 && length >= 256 ** (count - 1);
      if (!minimal) throw malformed(this.#at(field), 'length is not minimal');
    }
    const end = start + header + length;
    if (end > this.#end) {
      throw malformed(
        this.#at(field),
        `needs ${length} bytes at ${start - this.#start + header}, ${left - header} left`,
      );
    }
    this.#offset = end;
    return start + header;
  }

  /** The next element, which must have this tag. */
  expect(tag: number, field: string): DerElement {
    this.#want(tag, field);
    return this.element(field);
  }

  #want(tag: number, field: string): void {
    const found = this.peek();
    if (found === tag) return;
    const got = found === undefined ? 'the end' : `tag 0x${found.toString(16)}`;
    throw malformed(this.#at(field), `want tag 0x${tag.toString(16)}, got ${got}`);
  }

  /** Of most elements only this is looked at, and a CRL has thousands: no view of the rest is made. */
  #content(tag: number, field: string): Uint8Array {
    this.#want(tag, field);
    const start = this.#pass(field);
    return this.#bytes.subarray(start, this.#offset);
  }

  /** A constructed element, as a cursor over its content. */
  inside(tag: number, field: string): DerReader {
    return this.#within(tag, field, this.#at(field));
  }

  /** A cursor over all of a top-level element's content: nothing may follow. */
  whole(tag: number, field: string): DerReader {
    const inner = this.#within(tag, field, this.#path);
    this.end();
    return inner;
  }

  #within(tag: number, field: string, path: string): DerReader {
    this.#want(tag, field);
    const start = this.#pass(field);
    return new DerReader(this.#bytes, path, start, this.#offset);
  }

  sequence(field: string): DerReader {
    return this.inside(TAG.sequence, field);
  }

  /** Two's-complement content of an INTEGER, minimal. */
  integer(field: string): Uint8Array {
    return this.#integer(TAG.integer, field);
  }

  /** An INTEGER that fits 0..2^31-1, such as a version or an SVN. */
  smallInteger(field: string): number {
    return this.#small(this.integer(field), field);
  }

  enumerated(field: string): number {
    return this.#small(this.#integer(TAG.enumerated, field), field);
  }

  boolean(field: string): boolean {
    const content = this.#content(TAG.boolean, field);
    const value = content[0];
    if (content.length !== 1 || (value !== 0 && value !== 0xff)) {
      throw malformed(this.#at(field), 'BOOLEAN must be 00 or ff');
    }
    return value === 0xff;
  }

  octetString(field: string): Uint8Array {
    return this.#content(TAG.octetString, field);
  }

  /** A BIT STRING: its bytes and how many bits at the end are unused (and zero). */
  bitString(field: string): { readonly bytes: Uint8Array; readonly unused: number } {
    const content = this.#content(TAG.bitString, field);
    const unused = content[0];
    const last = content[content.length - 1];
    if (
      unused === undefined ||
      last === undefined ||
      unused > 7 ||
      (content.length === 1 && unused > 0)
    ) {
      throw malformed(this.#at(field), 'BIT STRING without a valid count of unused bits');
    }
    if (content.length > 1 && (last & ((1 << unused) - 1)) !== 0) {
      throw malformed(this.#at(field), 'unused bits are not zero');
    }
    return { bytes: content.subarray(1), unused };
  }

  /** Dotted decimal; an arc above 128 bits is refused. */
  oid(field: string): string {
    this.#want(TAG.oid, field);
    let arcs = '';
    let value = 0;
    let start = this.#pass(field);
    for (let at = start; at < this.#offset; at++) {
      const byte = this.#bytes[at] as number;
      if (at === start && byte === 0x80) throw malformed(this.#at(field), 'OID arc is not minimal');
      if (at - start === LONGEST_ARC) throw malformed(this.#at(field), 'OID arc is too large');
      value = value * 128 + (byte & 0x7f);
      if ((byte & 0x80) !== 0) continue;
      if (arcs !== '') {
        arcs += `.${Number.isSafeInteger(value) ? value : this.#longArc(start, at, field)}`;
      } else if (Number.isSafeInteger(value)) {
        const first = Math.min(2, Math.floor(value / 40));
        arcs = `${first}.${value - 40 * first}`;
      } else {
        throw malformed(this.#at(field), 'OID arc is too large');
      }
      value = 0;
      start = at + 1;
    }
    if (start < this.#offset || arcs === '') throw malformed(this.#at(field), 'OID is cut short');
    return arcs;
  }

  #longArc(start: number, last: number, field: string): bigint {
    let value = 0n;
    for (let at = start; at <= last; at++) {
      value = value * 128n + BigInt((this.#bytes[at] as number) & 0x7f);
      if (value >= LARGEST_ARC) throw malformed(this.#at(field), 'OID arc is too large');
    }
    return value;
  }

  /** Call last: nothing may follow. */
  end(): void {
    if (!this.done) {
      throw malformed(this.#path, `${this.#end - this.#offset} bytes after the last element`);
    }
  }

  #integer(tag: number, field: string): Uint8Array {
    const content = this.#content(tag, field);
    const first = content[0];
    const second = content[1];
    if (first === undefined) throw malformed(this.#at(field), 'empty INTEGER');
    const padded =
      second !== undefined &&
      ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80));
    if (padded) throw malformed(this.#at(field), 'INTEGER is not minimal');
    return content;
  }

  #small(content: Uint8Array, field: string): number {
    if ((content[0] as number) >= 0x80 || content.length > 4) {
      throw malformed(this.#at(field), `INTEGER ${toHex(content)} is out of range`);
    }
    return content.reduce((value, byte) => value * 256 + byte, 0);
  }

  #at(field: string): string {
    return `${this.#path}.${field}`;
  }
}

/** The bytes of a top-level SEQUENCE, with nothing after it. */
export function derSequence(bytes: Uint8Array, path: string): DerReader {
  return new DerReader(bytes, path).whole(TAG.sequence, 'sequence');
}
