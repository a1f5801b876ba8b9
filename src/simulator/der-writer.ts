import { utf8 } from '../core/bytes/text.ts';
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

/** A non-negative INTEGER of any size, from its big-endian bytes, minimal. */
export function derUnsigned(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = first < 0 ? Uint8Array.of(0) : bytes.subarray(first);
  const sign = (digits[0] ?? 0) >= 0x80 ? Uint8Array.of(0) : new Uint8Array();
  return der(TAG.integer, sign, digits);
}

/** A BIT STRING of whole bytes. */
export function derBits(bytes: Uint8Array): Uint8Array {
  return der(TAG.bitString, Uint8Array.of(0), bytes);
}

/** UTCTime until 2049 and GeneralizedTime from 2050 on (RFC 5280 section 4.1.2.5). */
export function derTime(ms: number): Uint8Array {
  const text = new Date(ms).toISOString().replace(/[-:T]|\.\d{3}/g, '');
  return text < '2050' ? der(TAG.utcTime, utf8(text.slice(2))) : derGeneralizedTime(ms);
}

/** GeneralizedTime, whole seconds. */
export function derGeneralizedTime(ms: number): Uint8Array {
  const text = new Date(ms).toISOString().replace(/[-:T]|\.\d{3}/g, '');
  return der(TAG.generalizedTime, utf8(text));
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
