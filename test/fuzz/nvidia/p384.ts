import { P384_ORDER } from '../../../src/simulator/p384-keys.ts';

export const SIGNATURE_SIZE = 96;
const HALF = SIGNATURE_SIZE / 2;

/** Values of r or s at the edges of what a signature, or its field, may hold. */
export const SCALAR_EDGES: readonly bigint[] = [
  ...[0n, 1n, P384_ORDER - 1n, P384_ORDER, P384_ORDER + 1n],
  ...[2n ** 383n, 2n ** 384n - 1n],
];

export function bigEndian(value: bigint): Uint8Array {
  return Uint8Array.from(Buffer.from(value.toString(16).padStart(2 * HALF, '0'), 'hex'));
}

export function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x0${Buffer.from(bytes).toString('hex')}`);
}

/** r ‖ s with n - s in place of s: anybody can make one from the other, and both are right. */
export function otherS(signature: Uint8Array): Uint8Array {
  const s = numberOf(signature.subarray(HALF));
  if (signature.length !== SIGNATURE_SIZE || s === 0n || s >= P384_ORDER) return signature;
  return Uint8Array.from([...signature.subarray(0, HALF), ...bigEndian(P384_ORDER - s)]);
}

/** One name for both forms. */
export function withoutSign(signature: Uint8Array): string {
  const forms = [signature, otherS(signature)].map((each) => Buffer.from(each).toString('hex'));
  return forms.sort()[0] ?? '';
}
