import { equalBytes } from '../bytes/equal.ts';
import { toHex } from '../bytes/hex.ts';
import { fromUtf8 } from '../bytes/text.ts';
import { type Fault, malformed } from '../fault.ts';
import { fromHalf, shortestFloat } from './cbor-float.ts';
import { CborFloat, type CborMap, CborSimple, CborTag, type CborValue } from './cbor-value.ts';

/** What one document may cost, whose bytes a stranger chooses. */
const MOST_BYTES = 10 * 1024 * 1024;
const MOST_ITEMS = 1_000_000;
const MOST_LEVELS = 32;

/**
 * Decodes one data item in preferred serialization (RFC 8949 section 4.1) with definite lengths:
 * shortest heads and floats, one NaN, text in UTF-8, no key of a map twice nor one with parts of
 * its own, nothing behind the item. So two readers never see different things in what was signed, and what is accepted has
 * one encoding up to the order of map entries.
 *
 * @param bytes at most 10 MiB, a million items and 32 levels. Byte strings of the result are copies.
 * @throws Fault `malformed` at the given place, with the offset.
 */
export function decodeCbor(bytes: Uint8Array, at: string): CborValue {
  if (bytes.length > MOST_BYTES) {
    throw malformed(at, `${bytes.length} bytes; at most ${MOST_BYTES} are read`);
  }
  const decoder = new Decoder(bytes, at);
  const value = decoder.item(1);
  decoder.end();
  return value;
}

class Decoder {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #at: string;
  #offset = 0;
  #items = 0;

  constructor(bytes: Uint8Array, at: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = at;
  }

  item(level: number): CborValue {
    const start = this.#offset;
    if (level > MOST_LEVELS) throw this.#wrong(start, `more than ${MOST_LEVELS} levels`);
    if (++this.#items > MOST_ITEMS) throw this.#wrong(start, `more than ${MOST_ITEMS} items`);
    const initial = this.#take(1, start)[0] as number;
    const info = initial & 0x1f;
    if (initial >> 5 === 7) return this.#simpleOrFloat(info, start);
    const argument = this.#argument(info, start);
    switch (initial >> 5) {
      case 0:
        return argument;
      case 1:
        return negative(argument);
      case 2:
        return this.#take(argument, start).slice();
      case 3:
        return fromUtf8(this.#take(argument, start), this.#place(start));
      case 4:
        return this.#array(argument, start, level);
      case 5:
        return this.#map(argument, start, level);
      default:
        return new CborTag(argument, this.item(level + 1));
    }
  }

  end(): void {
    const left = this.#bytes.length - this.#offset;
    if (left > 0) throw this.#wrong(this.#offset, `${left} bytes behind the item`);
  }

  #array(length: number | bigint, start: number, level: number): readonly CborValue[] {
    const count = this.#count(length, 1, start);
    const items: CborValue[] = [];
    while (items.length < count) items.push(this.item(level + 1));
    return items;
  }

  #map(length: number | bigint, start: number, level: number): CborMap {
    const count = this.#count(length, 2, start);
    const map = new Map<CborValue, CborValue>();
    const objects = new Set<string>();
    while (map.size < count) {
      const keyStart = this.#offset;
      const key = this.item(level + 1);
      if (Array.isArray(key) || key instanceof Map || key instanceof CborTag) {
        throw this.#wrong(keyStart, 'key is an array, a map or a tag');
      }
      if (typeof key === 'object' && key !== null) {
        // Two objects are never the same to a Map, but these have one encoding only.
        const name = toHex(this.#bytes.subarray(keyStart, this.#offset));
        if (objects.has(name)) throw this.#wrong(keyStart, 'key stands twice in its map');
        objects.add(name);
      } else if (map.has(key)) {
        throw this.#wrong(keyStart, 'key stands twice in its map');
      }
      map.set(key, this.item(level + 1));
    }
    return map;
  }

  /** The number that the head carries (RFC 8949 section 3), in its shortest form. */
  #argument(info: number, start: number): number | bigint {
    if (info < 24) return info;
    if (info > 27) {
      const what = info === 31 ? 'indefinite length' : 'reserved head';
      throw this.#wrong(start, what);
    }
    const size = 2 ** (info - 24);
    this.#take(size, start);
    const at = this.#offset - size;
    const value = this.#unsigned(at, size);
    const least = info === 24 ? 24 : 2 ** (size * 4);
    if (value < least) throw this.#wrong(start, 'head is longer than its number needs');
    return value;
  }

  #unsigned(at: number, size: number): number | bigint {
    if (size === 1) return this.#view.getUint8(at);
    if (size === 2) return this.#view.getUint16(at);
    if (size === 4) return this.#view.getUint32(at);
    const value = this.#view.getBigUint64(at);
    return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
  }

  #simpleOrFloat(info: number, start: number): CborValue {
    if (info === 20 || info === 21) return info === 21;
    if (info === 22) return null;
    if (info < 24) return new CborSimple(info);
    if (info === 24) {
      const number = this.#take(1, start)[0] as number;
      if (number < 32) throw this.#wrong(start, 'simple value is longer than it needs to be');
      return new CborSimple(number);
    }
    if (info > 27) throw this.#wrong(start, info === 31 ? 'break' : 'reserved head');
    const bytes = this.#take(2 ** (info - 24), start);
    const value = this.#float(this.#offset - bytes.length, bytes.length);
    const shortest = shortestFloat(value);
    if (shortest.info !== info || !equalBytes(shortest.bytes, bytes)) {
      throw this.#wrong(start, 'float is not in its shortest form');
    }
    return new CborFloat(value);
  }

  #float(at: number, size: number): number {
    if (size === 2) return fromHalf(this.#view.getUint16(at));
    return size === 4 ? this.#view.getFloat32(at) : this.#view.getFloat64(at);
  }

  /** Refuses a count that the rest of the input can't hold before anything is made of it. */
  #count(length: number | bigint, itemSize: number, start: number): number {
    const left = this.#bytes.length - this.#offset;
    if (length > Math.floor(left / itemSize)) {
      throw this.#wrong(start, `claims ${length} entries, ${left} bytes left`);
    }
    return Number(length);
  }

  #take(length: number | bigint, start: number): Uint8Array {
    const left = this.#bytes.length - this.#offset;
    if (length > left) throw this.#wrong(start, `needs ${length} bytes, ${left} left`);
    const from = this.#offset;
    this.#offset += Number(length);
    return this.#bytes.subarray(from, this.#offset);
  }

  #place(offset: number): string {
    return `${this.#at}+0x${offset.toString(16)}`;
  }

  #wrong(offset: number, detail: string): Fault {
    return malformed(this.#place(offset), detail);
  }
}

function negative(argument: number | bigint): number | bigint {
  const value = -1n - BigInt(argument);
  return value >= Number.MIN_SAFE_INTEGER ? Number(value) : value;
}
