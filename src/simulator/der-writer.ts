import { ByteWriter, concatBytes } from '../core/bytes/writer.ts';
import { TAG } from '../core/encoding/der.ts';

/** One DER element (X.690): tag, minimal definite length, content. */
export function der(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  const body = concatBytes(...content);
  return new ByteWriter().u8(tag).bytes(lengthOf(body.length)).bytes(body).finish();
}

export function derSequenceOf(...items: readonly Uint8Array[]): Uint8Array {
  return der(TAG.sequence, ...items);
}

/** A non-negative INTEGER or ENUMERATED, minimal. */
export function derNumber(value: number, tag: number = TAG.integer): Uint8Array {
  return der(
    tag,
    baseBytes(value, 256, value.toString(2).length % 8 === 0 && value > 0 ? [0] : []),
  );
}

export function derBoolean(value: boolean): Uint8Array {
  return der(TAG.boolean, Uint8Array.of(value ? 0xff : 0));
}

export function derOid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const arcs = [40 * first + second, ...rest].map((arc) => {
    const digits = baseBytes(arc, 128, []);
    return digits.map((digit, i) => (i < digits.length - 1 ? digit | 0x80 : digit));
  });
  return der(TAG.oid, ...arcs);
}

function lengthOf(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length);
  const bytes = baseBytes(length, 256, []);
  return Uint8Array.of(0x80 | bytes.length, ...bytes);
}

/** Big-endian digits of a base, after the given prefix; at least one digit. */
function baseBytes(value: number, base: number, prefix: readonly number[]): Uint8Array {
  const digits: number[] = [];
  for (let left = value; left > 0 || digits.length === 0; left = Math.floor(left / base)) {
    digits.unshift(left % base);
  }
  return Uint8Array.of(...prefix, ...digits);
}
