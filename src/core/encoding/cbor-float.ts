/** A float as it stands in CBOR: the low five bits of the initial byte, and 2, 4 or 8 bytes. */
export interface FloatForm {
  readonly info: 25 | 26 | 27;
  readonly bytes: Uint8Array;
}

/** The quiet NaN without payload, which stands for all of them (RFC 8949 section 4.2.2). */
const NAN = 0x7e00;

/** The shortest of half, single and double precision that keeps the value (RFC 8949 section 4.1). */
export function shortestFloat(value: number): FloatForm {
  const half = toHalf(value);
  if (half !== undefined) return { info: 25, bytes: Uint8Array.of(half >> 8, half & 0xff) };
  const single = Math.fround(value) === value;
  const bytes = new Uint8Array(single ? 4 : 8);
  const view = new DataView(bytes.buffer);
  if (single) view.setFloat32(0, value);
  else view.setFloat64(0, value);
  return { info: single ? 26 : 27, bytes };
}

/** @param bits IEEE 754 binary16. */
export function fromHalf(bits: number): number {
  const sign = bits >= 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** @returns undefined when the value would change. */
function toHalf(value: number): number | undefined {
  if (Number.isNaN(value)) return NAN;
  if (Math.fround(value) !== value) return undefined;
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  const bits = view.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 127;
  const fraction = bits & 0x7f_ffff;
  if (value === 0) return sign;
  if (exponent === 128) return sign | 0x7c00;
  if (exponent > 15 || exponent < -24) return undefined;
  const normal = exponent >= -14;
  const significand = normal ? fraction : fraction | 0x80_0000;
  const dropped = normal ? 13 : -1 - exponent;
  if ((significand & ((1 << dropped) - 1)) !== 0) return undefined;
  return sign | (normal ? (exponent + 15) << 10 : 0) | (significand >> dropped);
}
