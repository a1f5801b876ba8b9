/** Ways to hurt finished bytes; each returns a copy. Offsets below zero count from the end. */

export type Damage = (bytes: Uint8Array) => Uint8Array;

/** One bit: the smallest difference there is. */
export function flipBit(offset: number): Damage {
  return (bytes) => edited(bytes, (copy, at) => copy.setUint8(at, copy.getUint8(at) ^ 1), offset);
}

export function writeU16(offset: number, value: number): Damage {
  return (bytes) => edited(bytes, (copy, at) => copy.setUint16(at, value, true), offset);
}

export function writeU32(offset: number, value: number): Damage {
  return (bytes) => edited(bytes, (copy, at) => copy.setUint32(at, value, true), offset);
}

export function addU32(offset: number, value: number): Damage {
  return (bytes) =>
    edited(bytes, (copy, at) => copy.setUint32(at, copy.getUint32(at, true) + value, true), offset);
}

export function overwrite(offset: number, value: Uint8Array): Damage {
  return (bytes) => {
    const copy = new Uint8Array(bytes);
    copy.set(value, offset);
    return copy;
  };
}

export function append(tail: Uint8Array): Damage {
  return (bytes) => {
    const longer = new Uint8Array(bytes.length + tail.length);
    longer.set(bytes);
    longer.set(tail, bytes.length);
    return longer;
  };
}

export function truncate(length: number): Damage {
  return (bytes) => bytes.slice(0, length);
}

export function inTurn(...damages: readonly Damage[]): Damage {
  return (bytes) => damages.reduce((hurt, damage) => damage(hurt), bytes);
}

function edited(
  bytes: Uint8Array,
  edit: (view: DataView, at: number) => void,
  offset: number,
): Uint8Array {
  const copy = new Uint8Array(bytes);
  edit(new DataView(copy.buffer), offset < 0 ? copy.length + offset : offset);
  return copy;
}
