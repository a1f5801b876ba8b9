/**
 * One data item (RFC 8949). Integers are numbers where those are exact and bigints beyond; a
 * float is told apart from the integer of the same value; `undefined` is a simple value (23).
 */
export type CborValue =
  | number
  | bigint
  | string
  | boolean
  | null
  | Uint8Array
  | readonly CborValue[]
  | CborMap
  | CborTag
  | CborFloat
  | CborSimple;

/** In the order of the encoding. Keys that are objects are found by iteration only. */
export type CborMap = ReadonlyMap<CborValue, CborValue>;

export class CborTag {
  readonly tag: number | bigint;
  readonly value: CborValue;

  constructor(tag: number | bigint, value: CborValue) {
    this.tag = tag;
    this.value = value;
  }
}

export class CborFloat {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** A simple value other than false, true and null. */
export class CborSimple {
  readonly number: number;

  constructor(number: number) {
    this.number = number;
  }
}
