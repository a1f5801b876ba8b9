import { utf8 } from '../../core/bytes/text.ts';

const [QUOTE, COMMA, COLON, BACKSLASH] = [0x22, 0x2c, 0x3a, 0x5c];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const BRACKETS = [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT];
const WHAT_MATTERS = {
  top: tableOf([...BRACKETS, QUOTE, COMMA, COLON]),
  deep: tableOf([...BRACKETS, QUOTE]),
  inString: tableOf([QUOTE, BACKSLASH]),
};

/** Of a value, in bytes: longer ones are passed over. */
const LONGEST = 4096;

/**
 * One member of the object that a JSON document is, read as the document comes: nothing else of it
 * is kept, wherever the member stands and however long the rest is. Of several the last counts. A
 * document that is no JSON gives anything or nothing.
 */
export class TopMember {
  readonly #name: Uint8Array;
  #depth = 0;
  #state: 'before' | 'object' | 'over' = 'before';
  #inString = false;
  #isEscaped = false;
  #isKeyNext = false;
  /** Bytes of a name at the top, while it may be the one. */
  #key: number[] | undefined;
  /** Bytes of the value, while it comes. */
  #taken: number[] | undefined;
  #value: Uint8Array | undefined;

  constructor(name: string) {
    this.#name = utf8(name);
  }

  /** JSON text; undefined before it has come whole. */
  get value(): Uint8Array | undefined {
    return this.#value;
  }

  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && this.#state !== 'over'; at++) {
      if (!this.#taken && !this.#key && !this.#isEscaped) at = this.#next(bytes, at);
      const byte = bytes[at];
      if (byte === undefined) return;
      if (this.#taken) this.#take(this.#taken, byte);
      if (this.#inString) this.#string(byte);
      else this.#structure(byte);
    }
  }

  /** Where there is next something that matters. */
  #next(bytes: Uint8Array, from: number): number {
    const outside = this.#depth > 1 ? WHAT_MATTERS.deep : WHAT_MATTERS.top;
    const matters = this.#inString ? WHAT_MATTERS.inString : outside;
    let at = from;
    while (at < bytes.length && matters[bytes[at] ?? 0] === 0) at++;
    return at;
  }

  #take(taken: number[], byte: number): void {
    const isEnd = !this.#inString && this.#depth === 1 && (byte === COMMA || byte === CLOSE_OBJECT);
    if (isEnd) this.#value = Uint8Array.from(taken);
    if (isEnd || taken.length === LONGEST) this.#taken = undefined;
    else taken.push(byte);
  }

  #string(byte: number): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (byte === BACKSLASH) this.#isEscaped = true;
    else if (byte === QUOTE) {
      this.#inString = false;
      return;
    }
    if (this.#key && this.#key.length <= this.#name.length) this.#key.push(byte);
  }

  #structure(byte: number): void {
    switch (byte) {
      case QUOTE:
        this.#inString = true;
        if (this.#isKeyNext) this.#key = [];
        this.#isKeyNext = false;
        break;
      case OPEN_OBJECT:
      case OPEN_LIST:
        if (this.#state === 'before') this.#state = byte === OPEN_OBJECT ? 'object' : 'over';
        this.#depth++;
        this.#isKeyNext = this.#depth === 1;
        break;
      case CLOSE_OBJECT:
      case CLOSE_LIST:
        this.#depth--;
        if (this.#depth === 0) this.#state = 'over';
        break;
      case COMMA:
        this.#isKeyNext = this.#depth === 1;
        break;
      case COLON:
        if (this.#isName(this.#key)) this.#taken = [];
        this.#key = undefined;
        break;
    }
  }

  #isName(key: readonly number[] | undefined): boolean {
    return key?.length === this.#name.length && this.#name.every((byte, i) => byte === key[i]);
  }
}

/** 1 at each of some bytes. */
function tableOf(some: readonly number[]): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (some.includes(byte) ? 1 : 0));
}
