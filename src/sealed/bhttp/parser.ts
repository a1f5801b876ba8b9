import { SealedFault } from '../fault.ts';
import { readVarint, varintSize } from '../varint.ts';
import { ByteQueue } from './byte-queue.ts';
import { checkRequestHead, checkResponseHead } from './check-head.ts';
import { checkFields, contentLength } from './fields.ts';
import {
  type Field,
  FRAMING,
  type MessageKind,
  type MessageLimits,
  type RequestHead,
  type ResponseHead,
  USUAL_LIMITS,
} from './message.ts';

/** A part of a message, in this order; content comes in as many pieces as it likes. */
export type MessageEvent =
  | ({ readonly kind: 'request' } & RequestHead)
  | ({ readonly kind: 'informational' } & ResponseHead)
  | ({ readonly kind: 'response' } & ResponseHead)
  | { readonly kind: 'content'; readonly bytes: Uint8Array }
  /** Only where there are any. */
  | { readonly kind: 'trailers'; readonly fields: readonly Field[] };

/** Hands out events, and stops wherever the bytes do. */
type Parsing<T> = Generator<MessageEvent | 'wait', T, void>;

/**
 * Reads a binary HTTP message as it arrives (RFC 9292), of known or of indeterminate length.
 *
 * Empty parts at the end may be left out, and zeros may follow (section 3.8); a message that ends
 * anywhere else is `incomplete`.
 */
export class MessageParser {
  readonly #path: MessageKind;
  readonly #limits: MessageLimits;
  readonly #queue = new ByteQueue();
  readonly #parsing: Parsing<void>;
  #ended = false;
  /** A generator that threw has nothing to say any more: as at the end of a good message. */
  #failure: unknown;

  constructor(kind: MessageKind, limits: Partial<MessageLimits> = {}) {
    this.#path = kind;
    this.#limits = { ...USUAL_LIMITS, ...limits };
    this.#parsing = this.#message();
  }

  /** @throws SealedFault `malformed`, `oversized`, and the same again for whatever follows. */
  push(bytes: Uint8Array): MessageEvent[] {
    if (this.#ended) throw new RangeError('the message has ended');
    if (this.#failure !== undefined) throw this.#failure;
    this.#queue.push(bytes);
    return this.#events();
  }

  /** To be called when there are no more bytes; @throws SealedFault `incomplete`, `malformed`. */
  end(): MessageEvent[] {
    if (this.#failure !== undefined) throw this.#failure;
    this.#ended = true;
    return this.#events();
  }

  #events(): MessageEvent[] {
    const events: MessageEvent[] = [];
    try {
      for (;;) {
        const { value } = this.#parsing.next();
        if (value === 'wait' || value === undefined) return events;
        events.push(value);
      }
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }

  *#message(): Parsing<void> {
    const framing = yield* this.#number('framing');
    const { known, indeterminate } = FRAMING[this.#path];
    if (framing !== known && framing !== indeterminate) {
      throw this.#malformed('framing', `not one of a ${this.#path}`);
    }
    const isKnown = framing === known;
    const head = yield* this.#path === 'request'
      ? this.#request(isKnown)
      : this.#responses(isKnown);
    yield head;
    yield* this.#content(isKnown, contentLength(head.fields, this.#path));
    const trailers = yield* this.#section(isKnown, 'trailers');
    checkFields(trailers, `${this.#path}.trailers`, 'trailer');
    if (trailers.length > 0) yield { kind: 'trailers', fields: trailers };
    yield* this.#padding();
  }

  *#request(isKnown: boolean): Parsing<{ readonly kind: 'request' } & RequestHead> {
    const budget = { left: this.#limits.sectionSize };
    const method = yield* this.#text('method', budget);
    const scheme = yield* this.#text('scheme', budget);
    const authority = yield* this.#text('authority', budget);
    const path = yield* this.#text('path', budget);
    const fields = yield* this.#section(isKnown, 'fields');
    const head = { kind: 'request', method, scheme, authority, path, fields } as const;
    checkRequestHead(head, this.#path);
    return head;
  }

  *#responses(isKnown: boolean): Parsing<{ readonly kind: 'response' } & ResponseHead> {
    for (let before = 0; ; before++) {
      const status = yield* this.#number('status');
      const fields = yield* this.#section(isKnown, 'fields');
      if (status < 100 || status > 199) {
        checkResponseHead({ status, fields }, 'final', this.#path);
        return { kind: 'response', status, fields };
      }
      if (before === this.#limits.informational) {
        throw this.#oversized('informational', `more than ${before}`);
      }
      checkResponseHead({ status, fields }, 'informational', this.#path);
      yield { kind: 'informational', status, fields };
    }
  }

  /** One length and all of it, or pieces up to one of length 0. */
  *#content(isKnown: boolean, declared: number | undefined): Parsing<void> {
    let total = 0;
    while (!(yield* this.#left(total === 0))) {
      const length = yield* this.#number('content');
      total += length;
      if (total > this.#limits.content) {
        throw this.#oversized('content', `above ${this.#limits.content} bytes`);
      }
      for (let rest = length; rest > 0; ) {
        while (this.#queue.length === 0) yield* this.#more('content');
        const bytes = this.#queue.take(rest);
        rest -= bytes.length;
        yield { kind: 'content', bytes };
      }
      if (isKnown || length === 0) break;
    }
    // The answer to a HEAD says how long it would be, and has none.
    const may = declared === undefined || declared === total;
    if (!may && (this.#path === 'request' || total > 0)) {
      throw this.#malformed('content', `${total} bytes, and content-length says ${declared}`);
    }
  }

  *#section(isKnown: boolean, name: string): Parsing<readonly Field[]> {
    if (yield* this.#left(true)) return [];
    return yield* isKnown ? this.#knownSection(name) : this.#indeterminateSection(name);
  }

  /** Length, then lines to the very end of it. */
  *#knownSection(name: string): Parsing<readonly Field[]> {
    const length = yield* this.#number(name);
    if (length > this.#limits.sectionSize) throw this.#tooLong(name);
    while (this.#queue.length < length) yield* this.#more(name);
    const section = this.#queue.take(length);
    const fields: Field[] = [];
    for (let at = 0; at < section.length; ) {
      const key = this.#line(section, at, name);
      const value = this.#line(section, key.end, name);
      at = value.end;
      this.#add(fields, key.text, value.text, name);
    }
    return fields;
  }

  #line(section: Uint8Array, at: number, name: string): { text: string; end: number } {
    const length = readVarint(section, at);
    const start = at + (length?.size ?? 0);
    const end = start + (length?.value ?? Number.POSITIVE_INFINITY);
    if (end > section.length) throw this.#malformed(name, 'a line beyond the end of its section');
    return { text: latin1(section.subarray(start, end)), end };
  }

  /** Lines up to a name of length 0. */
  *#indeterminateSection(name: string): Parsing<readonly Field[]> {
    const fields: Field[] = [];
    const budget = { left: this.#limits.sectionSize };
    for (;;) {
      const key = yield* this.#text(name, budget);
      if (key === '') return fields;
      this.#add(fields, key, yield* this.#text(name, budget), name);
    }
  }

  #add(fields: Field[], key: string, value: string, name: string): void {
    if (fields.length === this.#limits.fields) {
      throw this.#oversized(name, `more than ${this.#limits.fields}`);
    }
    fields.push([key, value]);
  }

  *#padding(): Parsing<void> {
    while (!(yield* this.#left(true))) {
      const zeros = this.#queue.take(this.#queue.length);
      if (zeros.some((byte) => byte !== 0)) {
        throw this.#malformed('padding', 'what follows the message is not zeros');
      }
    }
  }

  *#text(name: string, budget: { left: number }): Parsing<string> {
    const length = yield* this.#number(name);
    budget.left -= length;
    if (budget.left < 0) throw this.#tooLong(name);
    while (this.#queue.length < length) yield* this.#more(name);
    return latin1(this.#queue.take(length));
  }

  *#number(name: string): Parsing<number> {
    while (this.#queue.length === 0 || this.#queue.length < varintSize(this.#queue.at(0))) {
      yield* this.#more(name);
    }
    return readVarint(this.#queue.take(varintSize(this.#queue.at(0))), 0)?.value ?? 0;
  }

  /**
   * Whether the message ends here.
   *
   * @param may whether it is allowed to; where it is not, more bytes are asked for elsewhere.
   */
  *#left(may: boolean): Parsing<boolean> {
    if (!may) return false;
    while (this.#queue.length === 0) {
      if (this.#ended) return true;
      yield 'wait';
    }
    return false;
  }

  *#more(name: string): Parsing<void> {
    if (this.#ended) {
      throw new SealedFault('incomplete', `${this.#path}.${name}`, 'ended before its end');
    }
    yield 'wait';
  }

  #malformed(name: string, detail: string): SealedFault {
    return new SealedFault('malformed', `${this.#path}.${name}`, detail);
  }

  #oversized(name: string, detail: string): SealedFault {
    return new SealedFault('oversized', `${this.#path}.${name}`, detail);
  }

  #tooLong(name: string): SealedFault {
    return this.#oversized(name, `above ${this.#limits.sectionSize} bytes`);
  }
}

const decoder = new TextDecoder('latin1');

/**
 * One character a byte. (That decoder reads 0x80 to 0x9f as windows-1252: such a value is told
 * apart, and read byte by byte.)
 */
function latin1(bytes: Uint8Array): string {
  if (bytes.every((byte) => byte < 0x80)) return decoder.decode(bytes);
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
}
