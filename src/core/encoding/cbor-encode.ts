import { utf8 } from '../bytes/text.ts';
import { ByteWriter } from '../bytes/writer.ts';
import { Fault } from '../fault.ts';
import { shortestFloat } from './cbor-float.ts';
import { CborFloat, type CborMap, CborSimple, CborTag, type CborValue } from './cbor-value.ts';

/**
 * The one deterministic encoding (RFC 8949 section 4.2.1): shortest heads and floats, definite
 * lengths, map entries in the bytewise order of their encoded keys.
 *
 * @throws Fault `internal` for what has no encoding: a number that is no safe integer, an integer
 *   of more than 64 bits, a key that stands twice. It would be ours, for we encode what we made.
 */
export function encodeCbor(value: CborValue): Uint8Array {
  const out = new ByteWriter();
  write(value, out);
  return out.finish();
}

function write(value: CborValue, out: ByteWriter): void {
  if (typeof value === 'number' || typeof value === 'bigint') {
    out.bytes(integer(value));
  } else if (typeof value === 'string') {
    const text = wellFormed(value);
    out.bytes(head(3, text.length)).bytes(text);
  } else if (typeof value === 'boolean') {
    out.bytes(Uint8Array.of(value ? 0xf5 : 0xf4));
  } else if (value === null) {
    out.bytes(Uint8Array.of(0xf6));
  } else if (value instanceof Uint8Array) {
    out.bytes(head(2, value.length)).bytes(value);
  } else if (value instanceof CborTag) {
    out.bytes(head(6, value.tag));
    write(value.value, out);
  } else if (value instanceof CborFloat) {
    const { info, bytes } = shortestFloat(value.value);
    out.bytes(Uint8Array.of(0xe0 | info)).bytes(bytes);
  } else if (value instanceof CborSimple) {
    out.bytes(simple(value.number));
  } else if (isMap(value)) {
    writeMap(value, out);
  } else {
    out.bytes(head(4, value.length));
    for (const item of value) write(item, out);
  }
}

function writeMap(map: CborMap, out: ByteWriter): void {
  const entries = [...map].map(([key, value]) => ({ key: encodeCbor(key), value }));
  entries.sort((a, b) => compareBytes(a.key, b.key));
  out.bytes(head(5, entries.length));
  let last: Uint8Array | undefined;
  for (const { key, value } of entries) {
    if (last !== undefined && compareBytes(last, key) === 0) {
      throw noEncoding('a key stands twice in its map');
    }
    out.bytes(key);
    write(value, out);
    last = key;
  }
}

function isMap(value: CborMap | readonly CborValue[]): value is CborMap {
  return value instanceof Map;
}

function integer(value: number | bigint): Uint8Array {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    throw noEncoding(`${value} is no integer that a number holds`);
  }
  return value < 0 ? head(1, -1n - BigInt(value)) : head(0, value);
}

function simple(number: number): Uint8Array {
  const known = Number.isInteger(number) && number >= 0 && number < 256;
  if (!known || (number > 19 && number !== 23 && number < 32)) {
    throw noEncoding(`there is no simple value ${number} of its own`);
  }
  return number < 24 ? Uint8Array.of(0xe0 | number) : Uint8Array.of(0xf8, number);
}

/** Initial byte and argument (RFC 8949 section 3). */
function head(major: number, argument: number | bigint): Uint8Array {
  const number = BigInt(argument);
  if (number < 0n || number >= 1n << 64n) throw noEncoding(`${number} has more than 64 bits`);
  const first = major << 5;
  if (number < 24n) return Uint8Array.of(first | Number(number));
  const size = number < 1n << 8n ? 1 : number < 1n << 16n ? 2 : number < 1n << 32n ? 4 : 8;
  const bytes = new Uint8Array(1 + size);
  bytes[0] = first | (24 + Math.log2(size));
  for (let i = 0; i < size; i++) bytes[size - i] = Number((number >> BigInt(8 * i)) & 0xffn);
  return bytes;
}

function wellFormed(text: string): Uint8Array {
  if (!text.isWellFormed()) throw noEncoding('text with half of a surrogate pair');
  return utf8(text);
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function noEncoding(detail: string): Fault {
  return new Fault('internal', 'cbor', detail);
}
