/** 2^255 − 19. */
const P = 2n ** 255n - 19n;
/** −121665 / 121666 mod p, of the curve −x² + y² = 1 + d x² y² (RFC 8032 section 5.1). */
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;
/** Order of the subgroup that the base point generates. */
export const ED25519_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

/** The y of a point of order 8; p − y is that of the others. */
const Y_OF_ORDER_8 = 2707385501144840649318225287225658788936804267575313519463743609750303402022n;
const SMALL_ORDER: ReadonlySet<bigint> = new Set([0n, 1n, P - 1n, Y_OF_ORDER_8, P - Y_OF_ORDER_8]);

/**
 * Whether 32 bytes are the one encoding of a point on the curve (RFC 8032 section 5.1.3) that is
 * not one of the eight of small order: under those, one signature fits nearly every message.
 * OpenSSL would import any 32 bytes, so that this is asked here for every implementation.
 */
export function isUsableEd25519Point(point: Uint8Array): boolean {
  if (point.length !== 32) return false;
  const y = littleEndian(point) & (2n ** 255n - 1n); // the bit above is the sign of x
  if (y >= P || SMALL_ORDER.has(y)) return false;
  const square = (y * y) % P;
  // x² = (y² − 1) / (d y² + 1), which is a square exactly when the product of the two is.
  return power((square - 1n) * (D * square + 1n), (P - 1n) / 2n) === 1n;
}

export function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes.toReversed()) value = value * 256n + BigInt(byte);
  return value;
}

function power(base: bigint, exponent: bigint): bigint {
  let [result, factor] = [1n, base % P];
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * factor) % P;
    factor = (factor * factor) % P;
  }
  return result;
}
