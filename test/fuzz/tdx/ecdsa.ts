import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { TAG } from '../../../src/core/encoding/der.ts';
import { elementAt, forge, tlv } from '../../support/forge.ts';

/** Order of P-256's group (FIPS 186-5, SP 800-186 section 3.2.1.3). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

function toNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x0${Buffer.from(bytes).toString('hex')}`);
}

function to32Bytes(value: bigint): Uint8Array {
  return Uint8Array.from(Buffer.from(value.toString(16).padStart(64, '0'), 'hex'));
}

/** r ‖ n - s: anybody can make it from r ‖ s, and it signs the same. Nothing else changes. */
export function otherS(signature: Uint8Array): Uint8Array {
  const s = toNumber(signature.subarray(32));
  return s > 0n && s < ORDER
    ? concatBytes(signature.subarray(0, 32), to32Bytes(ORDER - s))
    : signature;
}

/** One name for both values of s. */
export function withoutSign(signature: Uint8Array): string {
  return (
    [signature, otherS(signature)].map((each) => Buffer.from(each).toString('hex')).sort()[0] ?? ''
  );
}

/** Values of r or s at the edges of what a signature may hold. */
export const SCALAR_EDGES: readonly Uint8Array[] = [
  0n,
  1n,
  ORDER - 1n,
  ORDER,
  ORDER + 1n,
  2n ** 255n,
  2n ** 256n - 1n,
].map(to32Bytes);

/** The same for the ECDSA-Sig-Value of a certificate or CRL. */
export function otherSOfDer(der: Uint8Array): Uint8Array {
  return forge(der, [2], (bitString) => {
    const value = bitString.subarray(bitString.length - sequenceLength(bitString));
    const numbers = [elementAt(value, [0]), elementAt(value, [1])] as const;
    const raw = concatBytes(...numbers.map((number) => to32Bytes(toNumber(number.subarray(2)))));
    const flipped = otherS(raw);
    const parts = [flipped.subarray(0, 32), flipped.subarray(32)].map(unsigned);
    return tlv(TAG.bitString, Uint8Array.of(0), tlv(TAG.sequence, ...parts));
  });
}

/** Signatures of P-256 are short: one length byte at each level. */
function sequenceLength(bitString: Uint8Array): number {
  return (bitString[4] ?? 0) + 2;
}

function unsigned(magnitude: Uint8Array): Uint8Array {
  const digits = magnitude.subarray(magnitude.findIndex((byte) => byte !== 0));
  const sign = (digits[0] ?? 0) >= 0x80 ? [0] : [];
  return tlv(TAG.integer, Uint8Array.of(...sign, ...digits));
}
