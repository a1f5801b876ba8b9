import { malformed } from '../fault.ts';
import { CborFloat, type CborMap, CborSimple, CborTag, type CborValue } from './cbor-value.ts';

/** An entry of a map, with a name for it that can be shown. */
export interface CborEntry {
  readonly key: number | string | bigint;
  readonly at: string;
  readonly value: CborValue;
}

/**
 * The entries of one map by key. It remembers which ones were asked for: what a reader has not
 * looked at was meant to say something, and must not be lost silently.
 */
export class CborEntries {
  readonly at: string;
  readonly #map: CborMap;
  readonly #names: ReadonlyMap<number | string, string>;
  readonly #asked = new Set<CborValue>();

  /**
   * @param names what the specification calls the keys.
   * @throws Fault `malformed` for anything but a map whose keys are integers and text.
   */
  constructor(
    value: CborValue | undefined,
    at: string,
    names: Readonly<Record<string, number | string>> = {},
  ) {
    if (!(value instanceof Map)) throw wrong(at, 'a map', value);
    for (const key of value.keys()) {
      if (typeof key === 'object' || typeof key === 'boolean') {
        throw wrong(at, 'keys that are integers or text', key);
      }
    }
    this.#map = value;
    this.at = at;
    this.#names = new Map(Object.entries(names).map(([name, key]) => [key, name]));
  }

  /** Undefined when there is no such entry. */
  get(key: number | string): CborEntry | undefined {
    this.#asked.add(key);
    const value = this.#map.get(key);
    return value === undefined ? undefined : { key, at: this.#place(key), value };
  }

  /** @throws Fault `malformed` when there is no such entry. */
  need(key: number | string): CborEntry {
    const entry = this.get(key);
    if (entry === undefined) throw malformed(this.#place(key), 'is missing');
    return entry;
  }

  /** Entries that nobody asked for. */
  unread(): CborEntry[] {
    const entries: CborEntry[] = [];
    for (const [key, value] of this.#map) {
      if (this.#asked.has(key)) continue;
      const named = key as number | string | bigint;
      entries.push({ key: named, at: this.#place(named), value });
    }
    return entries;
  }

  #place(key: number | string | bigint): string {
    const name = typeof key === 'bigint' ? undefined : this.#names.get(key);
    if (name !== undefined) return `${this.at}.${name}`;
    return `${this.at}[${typeof key === 'string' ? JSON.stringify(key) : key}]`;
  }
}

type Placed = Pick<CborEntry, 'at' | 'value'>;

export function bytesOf({ at, value }: Placed): Uint8Array {
  if (!(value instanceof Uint8Array)) throw wrong(at, 'a byte string', value);
  return value;
}

export function textOf({ at, value }: Placed): string {
  if (typeof value !== 'string') throw wrong(at, 'text', value);
  return value;
}

/** A whole number from 0 to 2^53 - 1. */
export function countOf({ at, value }: Placed): number {
  if (typeof value !== 'number' || value < 0) throw wrong(at, 'an unsigned integer', value);
  return value;
}

/** The items of an array, each with its place. */
export function itemsOf({ at, value }: Placed): Placed[] {
  if (!Array.isArray(value)) throw wrong(at, 'an array', value);
  return (value as readonly CborValue[]).map((item, i) => ({ at: `${at}[${i}]`, value: item }));
}

/** As {@link itemsOf}, of an array that has one at least: an empty one would mean nothing or all. */
export function someItemsOf(placed: Placed): Placed[] {
  const items = itemsOf(placed);
  if (items.length === 0) throw malformed(placed.at, 'empty array');
  return items;
}

/** As {@link itemsOf}, of an array of exactly two. */
export function pairOf(placed: Placed): readonly [Placed, Placed] {
  const [first, second, ...more] = itemsOf(placed);
  if (first === undefined || second === undefined || more.length > 0) {
    throw wrong(placed.at, 'an array of two', placed.value);
  }
  return [first, second];
}

/** What stands below one of these tags. */
export function taggedWith(tag: number, { at, value }: Placed): Placed {
  if (!(value instanceof CborTag) || value.tag !== tag) throw wrong(at, `tag ${tag}`, value);
  return { at, value: value.value };
}

export function isTagged({ value }: Placed, tag: number): boolean {
  return value instanceof CborTag && value.tag === tag;
}

export function wrong(at: string, want: string, got: CborValue | undefined): Error {
  return malformed(at, `want ${want}, got ${describeCbor(got)}`);
}

/** In a few words; long contents are left out. */
export function describeCbor(value: CborValue | undefined): string {
  if (value === undefined) return 'nothing';
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number' || typeof value === 'bigint') return `the integer ${value}`;
  if (typeof value === 'string') return 'text';
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (value instanceof CborTag) return `tag ${value.tag} of ${describeCbor(value.value)}`;
  if (value instanceof CborFloat) return `the float ${value.value}`;
  if (value instanceof CborSimple) return `the simple value ${value.number}`;
  return value instanceof Map
    ? `a map of ${value.size}`
    : `an array of ${(value as readonly CborValue[]).length}`;
}
