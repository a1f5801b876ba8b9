import { fromHex } from '../bytes/hex.ts';
import { malformed } from '../fault.ts';
import type { JsonObject, JsonValue } from './json.ts';
import { parseUtcTimestamp } from './time.ts';

/** Typed access to one object of a parsed document; every error names the member. */
export class JsonShape {
  readonly path: string;
  readonly #object: JsonObject;

  constructor(value: JsonValue | undefined, path: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw malformed(path, `want an object, got ${describe(value)}`);
    }
    this.#object = value as JsonObject;
    this.path = path;
  }

  has(name: string): boolean {
    return name in this.#object;
  }

  names(): readonly string[] {
    return Object.keys(this.#object);
  }

  /** The member as it stands, of whatever type; undefined when it is missing. */
  value(name: string): JsonValue | undefined {
    return this.#object[name];
  }

  string(name: string): string {
    const value = this.#object[name];
    if (typeof value !== 'string') throw this.#wrong(name, 'a string', value);
    return value;
  }

  boolean(name: string): boolean {
    const value = this.#object[name];
    if (typeof value !== 'boolean') throw this.#wrong(name, 'true or false', value);
    return value;
  }

  /** A whole number from 0 to `max`. */
  integer(name: string, max: number): number {
    const value = this.#object[name];
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > max) {
      throw this.#wrong(name, `a whole number from 0 to ${max}`, value);
    }
    return value;
  }

  /** Exactly `length` bytes of hex, either case. */
  hex(name: string, length: number): Uint8Array {
    return fromHex(this.string(name), `${this.path}.${name}`, length);
  }

  /** `YYYY-MM-DDThh:mm:ssZ`, in milliseconds since the epoch. */
  time(name: string): number {
    return parseUtcTimestamp(this.string(name), `${this.path}.${name}`);
  }

  object(name: string): JsonShape {
    return new JsonShape(this.#object[name], `${this.path}.${name}`);
  }

  array(name: string): readonly JsonValue[] {
    const value = this.#object[name];
    if (!Array.isArray(value)) throw this.#wrong(name, 'an array', value);
    return value;
  }

  objects(name: string): JsonShape[] {
    return this.array(name).map((item, i) => new JsonShape(item, `${this.path}.${name}[${i}]`));
  }

  strings(name: string): string[] {
    return this.array(name).map((item, i) => {
      if (typeof item !== 'string') throw this.#wrong(`${name}[${i}]`, 'a string', item);
      return item;
    });
  }

  #wrong(name: string, want: string, value: JsonValue | undefined): Error {
    return malformed(`${this.path}.${name}`, `want ${want}, got ${describe(value)}`);
  }
}

function describe(value: JsonValue | undefined): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
