import { hasControl } from '#crypto';
import { malformed } from '../fault.ts';

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

export type JsonObject = { readonly [name: string]: JsonValue };

/** Where a value stands in the text, as UTF-16 offsets: `text.slice(start, end)` is the value. */
export interface JsonSpan {
  readonly start: number;
  readonly end: number;
}

export interface JsonDocument {
  readonly value: JsonValue;
  /** Spans of the members of the outermost object, for signatures over the very text received. */
  readonly members: ReadonlyMap<string, JsonSpan>;
}

/** How the refusal of a duplicate member begins, for callers who know more about it. */
export const DUPLICATE_MEMBER = 'duplicate member';

/** Deeper than any vendor document (TCB info needs 5), shallow enough for any stack. */
export const JSON_DEPTH_LIMIT = 32;

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const PLAIN = /[ !#-[\]-\uffff]*/y; // any character but quote, backslash and U+0000..1F
/** In characters: shorter strings are read sooner than they are looked through. */
const LONG = 256;
const SPACE = /[ \t\n\r]*/y;

/**
 * RFC 8259, strictly: one value, no duplicate member names, bounded depth, numbers finite.
 *
 * `JSON.parse` takes the last of two equal names and other parsers the first; a signed
 * document with both would mean different things to different verifiers.
 *
 * @param deepest levels: of what is no document of ours or a vendor's, there may be more.
 * @throws Fault `malformed` naming the path and, for syntax, the character.
 */
export function parseJson(
  text: string,
  path: string,
  deepest: number = JSON_DEPTH_LIMIT,
): JsonDocument {
  return new JsonParser(text, path, deepest).document();
}

class JsonParser {
  readonly #text: string;
  readonly #path: string;
  readonly #deepest: number;
  readonly #members = new Map<string, JsonSpan>();
  /** Names and indexes from the outermost value to this one; a text only when it is asked for. */
  readonly #inside: (string | number)[] = [];
  #at = 0;
  /** Where the next backslash stands: searched for once, not once a string. */
  #backslash = -1;

  constructor(text: string, path: string, deepest: number) {
    this.#text = text;
    this.#path = path;
    this.#deepest = deepest;
  }

  document(): JsonDocument {
    this.#space();
    if (this.#at === this.#text.length) throw this.#syntax('nothing is in it: want a value');
    const value = this.#value(0);
    this.#space();
    if (this.#at < this.#text.length) throw this.#syntax('text after the value');
    return { value, members: this.#members };
  }

  #value(depth: number): JsonValue {
    const first = this.#text[this.#at];
    if ((first === '{' || first === '[') && depth === this.#deepest) {
      throw malformed(this.#path, `nested deeper than ${this.#deepest} levels`);
    }
    switch (first) {
      case '{':
        return this.#object(depth);
      case '[':
        return this.#array(depth);
      case '"':
        return this.#string();
      case 't':
        return this.#literal('true', true);
      case 'f':
        return this.#literal('false', false);
      case 'n':
        return this.#literal('null', null);
      default:
        return this.#number();
    }
  }

  #object(depth: number): JsonObject {
    // No prototype: a member called __proto__ is data like any other.
    const object: { [name: string]: JsonValue } = Object.create(null);
    this.#at++;
    this.#space();
    if (this.#take('}')) return object;
    do {
      this.#space();
      if (this.#text[this.#at] !== '"') throw this.#syntax('want a member name');
      const name = this.#string();
      if (name in object) {
        throw malformed(this.#place(), `${DUPLICATE_MEMBER} ${JSON.stringify(name)}`);
      }
      this.#space();
      if (!this.#take(':')) throw this.#syntax('want ":"');
      this.#space();
      const start = this.#at;
      this.#inside.push(name);
      object[name] = this.#value(depth + 1);
      this.#inside.pop();
      if (depth === 0) this.#members.set(name, { start, end: this.#at });
      this.#space();
    } while (this.#take(','));
    if (!this.#take('}')) throw this.#syntax('want "," or "}"');
    return object;
  }

  #array(depth: number): readonly JsonValue[] {
    const items: JsonValue[] = [];
    this.#at++;
    this.#space();
    if (this.#take(']')) return items;
    do {
      this.#space();
      this.#inside.push(items.length);
      items.push(this.#value(depth + 1));
      this.#inside.pop();
      this.#space();
    } while (this.#take(','));
    if (!this.#take(']')) throw this.#syntax('want "," or "]"');
    return items;
  }

  #string(): string {
    this.#at++;
    const end = this.#text.indexOf('"', this.#at);
    const long = end - this.#at > LONG ? this.#plainUntil(end) : undefined;
    if (long !== undefined) {
      this.#at = end + 1;
      return long;
    }
    let value = this.#match(PLAIN);
    for (;;) {
      if (this.#take('"')) return value;
      if (!this.#take('\\')) throw this.#syntax('control character or end inside a string');
      value += this.#escape() + this.#match(PLAIN);
    }
  }

  /**
   * Evidence is hundreds of KB of base64 in strings. A slice of the text is no copy: to get memory
   * of that size takes longer than to decode it.
   *
   * @param end where the next quote stands.
   * @returns undefined where a backslash or a control character stands before it.
   */
  #plainUntil(end: number): string | undefined {
    if (this.#backslash < this.#at) {
      const next = this.#text.indexOf('\\', this.#at);
      this.#backslash = next < 0 ? Number.POSITIVE_INFINITY : next;
    }
    if (this.#backslash < end) return undefined;
    const value = this.#text.slice(this.#at, end);
    return hasControl(value) ? undefined : value;
  }

  #escape(): string {
    const letter = this.#text[this.#at++] ?? '';
    if (letter !== 'u') {
      const plain = ESCAPES.get(letter);
      if (plain === undefined) throw this.#syntax('unknown escape');
      return plain;
    }
    const digits = this.#text.slice(this.#at, this.#at + 4);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw this.#syntax('\\u wants four hex digits');
    this.#at += 4;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  #number(): number {
    const digits = this.#match(NUMBER);
    if (digits === '') throw this.#syntax('want a value');
    const value = Number(digits);
    if (!Number.isFinite(value)) throw this.#syntax('number out of range');
    return value;
  }

  #literal<T extends JsonValue>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw this.#syntax('want a value');
    this.#at += word.length;
    return value;
  }

  #match(pattern: RegExp): string {
    const start = this.#at;
    pattern.lastIndex = start;
    // Not exec(): its array of matches, made for every name and value, would be thrown away.
    if (pattern.test(this.#text)) this.#at = pattern.lastIndex;
    return this.#text.slice(start, this.#at);
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #space(): void {
    const code = this.#text.charCodeAt(this.#at);
    if (code === 0x20 || (code >= 0x09 && code <= 0x0d)) this.#match(SPACE);
  }

  #place(): string {
    return this.#inside.reduce<string>(
      (path, step) => (typeof step === 'number' ? `${path}[${step}]` : `${path}.${step}`),
      this.#path,
    );
  }

  #syntax(problem: string): Error {
    return malformed(this.#path, `${problem} at character ${this.#at}`);
  }
}
