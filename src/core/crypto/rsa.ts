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

/** AlgorithmIdentifier { rsaEncryption, NULL } (RFC 8017 appendix A.1). */
const RSA_ENCRYPTION = Uint8Array.of(
  ...[0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00],
);

/** SubjectPublicKeyInfo (RFC 5280) of a key that {@link isUsableRsaKey} found good. */
export function rsaPublicKeyInfo(modulus: Uint8Array, exponent: Uint8Array): Uint8Array {
  const key = element(0x30, integer(modulus), integer(exponent));
  return element(0x30, RSA_ENCRYPTION, element(0x03, Uint8Array.of(0), key));
}

function integer(magnitude: Uint8Array): Uint8Array {
  return (magnitude[0] ?? 0) >= 0x80
    ? element(0x02, Uint8Array.of(0), magnitude)
    : element(0x02, magnitude);
}

function element(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  const body = concatBytes(...content);
  const { length } = body;
  const header =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 0xff];
  return concatBytes(Uint8Array.of(...header), body);
}
