/** Above any length here; a QUIC varint goes to 2^62 - 1. */
const LARGEST = Number.MAX_SAFE_INTEGER;

/** Of a varint in bytes, by the two highest bits of its first. */
export function varintSize(first: number): number {
  return 1 << (first >> 6);
}

/**
 * A QUIC variable-length integer (RFC 9000 section 16). The shortest form is not required.
 *
 * @returns undefined while bytes are missing; Infinity for a number above 2^53 - 1, which no
 *   length here may be.
 */
export function readVarint(
  bytes: Uint8Array,
  at: number,
): { readonly value: number; readonly size: number } | undefined {
  const first = bytes[at];
  if (first === undefined) return undefined;
  const size = varintSize(first);
  if (bytes.length - at < size) return undefined;
  let value = first & 0x3f;
  for (let i = 1; i < size; i++) value = value * 256 + (bytes[at + i] ?? 0);
  return { value: value > LARGEST ? Number.POSITIVE_INFINITY : value, size };
}

/** Bytes that the shortest form of a number takes; @throws RangeError above 2^53 - 1. */
export function sizeOfVarint(value: number): number {
  if (value < 2 ** 6) return 1;
  if (value < 2 ** 14) return 2;
  if (value < 2 ** 30) return 4;
  if (value > LARGEST) throw new RangeError('a number above 2^53 - 1');
  return 8;
}

/** Writes the shortest form; @returns where it ends. */
export function writeVarint(value: number, out: Uint8Array, at: number): number {
  const size = sizeOfVarint(value);
  let rest = value;
  for (let i = size - 1; i >= 0; i--) {
    out[at + i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  out[at] = (out[at] ?? 0) | (Math.log2(size) << 6);
  return at + size;
}

/** The shortest form. */
export function varint(value: number): Uint8Array {
  const out = new Uint8Array(sizeOfVarint(value));
  writeVarint(value, out, 0);
  return out;
}
