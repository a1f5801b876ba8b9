import { fromHex } from '../bytes/hex.ts';
import { concatBytes } from '../bytes/writer.ts';

const FEWEST_BYTES = 256;
const MOST_BYTES = 1024;
const LARGEST_EXPONENT = 4;

/**
 * Sizes that are used in earnest. A tiny exponent or an even number is no RSA key, and a huge
 * one would make a single verification as dear as its sender likes.
 */
export function isUsableRsaKey(modulus: Uint8Array, exponent: Uint8Array): boolean {
  return (
    modulus.length >= FEWEST_BYTES &&
    modulus.length <= MOST_BYTES &&
    (modulus[0] ?? 0) >= 0x80 && // whole bytes of modulus, no zeros in front
    isOdd(modulus) &&
    exponent.length >= 3 &&
    exponent.length <= LARGEST_EXPONENT &&
    exponent[0] !== 0 &&
    isOdd(exponent)
  );
}

function isOdd(number: Uint8Array): boolean {
  return ((number[number.length - 1] ?? 0) & 1) === 1;
}

/** What an RSA key may be said to be for. */
export const RSA_ALGORITHM = {
  /** AlgorithmIdentifier { rsaEncryption, NULL } (RFC 8017 appendix A.1). */
  any: fromHex('300d06092a864886f70d0101010500', 'rsaEncryption'),
  /** { id-RSASSA-PSS, { SHA-384, MGF1 with SHA-384, salt of 48 bytes } } (RFC 4055 section 3.1). */
  pssSha384: fromHex(
    '304106092a864886f70d01010a3034a00f300d06096086480165030402020500a11c301a06092a864886f70d010108300d06096086480165030402020500a203020130',
    'RSASSA-PSS',
  ),
} as const;

/** SubjectPublicKeyInfo (RFC 5280) of a key that {@link isUsableRsaKey} found good. */
export function rsaPublicKeyInfo(
  modulus: Uint8Array,
  exponent: Uint8Array,
  algorithm: Uint8Array = RSA_ALGORITHM.any,
): Uint8Array {
  const key = element(0x30, ...integer(modulus), ...integer(exponent));
  return concatBytes(...element(0x30, algorithm, ...element(0x03, Uint8Array.of(0), ...key)));
}

function integer(magnitude: Uint8Array): readonly Uint8Array[] {
  return (magnitude[0] ?? 0) >= 0x80
    ? element(0x02, Uint8Array.of(0), magnitude)
    : element(0x02, magnitude);
}

/** In pieces, so that they are put together only once. */
function element(tag: number, ...content: readonly Uint8Array[]): readonly Uint8Array[] {
  const length = content.reduce((sum, piece) => sum + piece.length, 0);
  const header =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 0xff];
  return [Uint8Array.of(...header), ...content];
}
