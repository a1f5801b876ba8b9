import { concatBytes } from '../../core/bytes/writer.ts';

/** A piece of an event stream: an event up to its empty line, or a part of a long one. */
export interface EventPiece {
  readonly bytes: Uint8Array;
  /** Whether an event ends with it: behind one a comment may stand. */
  readonly ends: boolean;
}

const LF = 0x0a;
const CR = 0x0d;

/**
 * Cuts an event stream (HTML, section 9.2) where its events end, byte for byte: at an empty line,
 * whichever of CR, LF and CRLF its lines end with. What is longer than `largest` is passed on in
 * parts: nobody has to hold it.
 */
export class EventSplitter {
  readonly #largest: number;
  #held: Uint8Array = new Uint8Array();
  /** Whether what is held begins a line: always, but behind a part of a long event. */
  #atLine: 'begins' | 'goes-on' = 'begins';

  constructor(largest: number) {
    this.#largest = largest;
  }

  push(bytes: Uint8Array): readonly EventPiece[] {
    const all = this.#held.length === 0 ? bytes : concatBytes(this.#held, bytes);
    // What was held has no end of an event, but for its last bytes.
    let from = Math.max(0, this.#held.length - 3);
    let start = 0;
    const pieces: EventPiece[] = [];
    for (;;) {
      const end = eventEnd(all, from, this.#atLine === 'begins' ? start : -1);
      if (end === undefined) break;
      pieces.push({ bytes: all.slice(start, end), ends: true });
      start = end;
      from = end;
      this.#atLine = 'begins';
    }
    let rest = all.subarray(start);
    while (rest.length > this.#largest) {
      // Never between the CR and the LF of one line's end.
      const size = rest[this.#largest - 1] === CR ? this.#largest - 1 : this.#largest;
      pieces.push({ bytes: rest.slice(0, size), ends: false });
      this.#atLine = rest[size - 1] === LF ? 'begins' : 'goes-on';
      rest = rest.subarray(size);
    }
    this.#held = rest.slice();
    return pieces;
  }

  /** What no empty line ended. */
  rest(): Uint8Array {
    const rest = this.#held;
    this.#held = new Uint8Array();
    return rest;
  }
}

/**
 * Where the first event ends, if one does; a CR at the very end may be that of a CRLF.
 *
 * @param begins where a line begins, though no end of one stands before it.
 */
function eventEnd(bytes: Uint8Array, from: number, begins: number): number | undefined {
  for (let at = from; at < bytes.length; at++) {
    const first = lineEnd(bytes, at);
    if (first === 0) continue;
    if (at === begins) return at + first;
    const second = lineEnd(bytes, at + first);
    if (second > 0) return at + first + second;
    at += first - 1;
  }
  return undefined;
}

/** How many bytes end a line here: 0 where none does, or where more has to come to tell. */
function lineEnd(bytes: Uint8Array, at: number): number {
  if (bytes[at] === LF) return 1;
  if (bytes[at] !== CR || at + 1 >= bytes.length) return 0;
  return bytes[at + 1] === LF ? 2 : 1;
}
