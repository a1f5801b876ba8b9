import { isZero } from '../../core/bytes/equal.ts';
import { fromHex } from '../../core/bytes/hex.ts';
import type { Mismatch } from '../../core/mismatch.ts';

/** R and S each stand in 72 bytes, of which P-384 needs 48. */
const SCALAR_FIELD = 72;
const SCALAR = 48;

/** The size of a signature in AMD's structures: R, S, then reserved bytes. */
export const AMD_SIGNATURE_SIZE = 512;

/** The order of the group of P-384, big-endian (FIPS 186-5, SP 800-186 section 3.2.1.4). */
const P384_ORDER = fromHex(
  'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
  'P-384',
);

/**
 * ECDSA P-384 signature as AMD's firmware writes it (SEV-SNP ABI specification, "Signature
 * format"), or the first thing about it that is not as it must be.
 *
 * | offset | size | field |
 * |---|---|---|
 * | 0 | 72 | R, little-endian, zero from byte 48 |
 * | 72 | 72 | S, likewise |
 * | 144 | 368 | reserved, zero |
 *
 * S above half the order is allowed: one signature has two valid forms, so its bytes are no
 * identity of anything.
 *
 * @param field 512 bytes.
 * @returns r ‖ s, 96 bytes, big-endian.
 */
export function amdSignature(field: Uint8Array): { readonly signature: Uint8Array } | Mismatch {
  if (field.length !== AMD_SIGNATURE_SIZE) {
    return { want: `${AMD_SIGNATURE_SIZE} bytes`, got: `${field.length} bytes` };
  }
  const r = field.subarray(0, SCALAR_FIELD);
  const s = field.subarray(SCALAR_FIELD, 2 * SCALAR_FIELD);
  const problem =
    scalarProblem('R', r) ?? scalarProblem('S', s) ?? tailProblem(field.subarray(2 * SCALAR_FIELD));
  if (problem) return problem;
  const signature = new Uint8Array(2 * SCALAR);
  signature.set(bigEndian(r), 0);
  signature.set(bigEndian(s), SCALAR);
  return { signature };
}

/**
 * The same in the other direction.
 *
 * @param signature r ‖ s, 96 bytes, big-endian.
 * @returns 512 bytes.
 */
export function encodeAmdSignature(signature: Uint8Array): Uint8Array {
  const field = new Uint8Array(AMD_SIGNATURE_SIZE);
  field.set(signature.subarray(0, SCALAR).toReversed(), 0);
  field.set(signature.subarray(SCALAR, 2 * SCALAR).toReversed(), SCALAR_FIELD);
  return field;
}

function scalarProblem(name: string, field: Uint8Array): Mismatch | undefined {
  const above = field.subarray(SCALAR);
  if (!isZero(above)) {
    return { want: `bytes 48..71 of ${name} zero`, got: `bytes 48..71 of ${name} not zero` };
  }
  const value = field.subarray(0, SCALAR);
  const want = `${name} from 1 to below the group order`;
  if (isZero(value)) return { want, got: `${name} is 0` };
  return isBelowOrder(value) ? undefined : { want, got: `${name} is not below the group order` };
}

/** @param value 48 bytes, little-endian. */
function isBelowOrder(value: Uint8Array): boolean {
  for (let i = 0; i < SCALAR; i++) {
    const difference = (value[SCALAR - 1 - i] ?? 0) - (P384_ORDER[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

function tailProblem(tail: Uint8Array): Mismatch | undefined {
  return isZero(tail)
    ? undefined
    : { want: 'zero bytes behind R and S', got: 'tail behind R and S not zero' };
}

function bigEndian(field: Uint8Array): Uint8Array {
  // Not slice(): of a Buffer that is a view, and the caller's bytes would be turned around.
  return field.subarray(0, SCALAR).toReversed();
}
