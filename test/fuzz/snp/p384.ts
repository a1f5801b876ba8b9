import { replaceAt } from '../mutators/bytes.ts';
import { SCALAR_FIELD, SIGNED_SIZE } from './layout.ts';

/** Order of P-384's group (FIPS 186-5, SP 800-186 section 3.2.1.4). */
export const ORDER =
  0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n;

const PLACES = { r: SIGNED_SIZE, s: SIGNED_SIZE + SCALAR_FIELD } as const;

export type Scalar = keyof typeof PLACES;

/** R or S with all of its 72 bytes; of fewer bytes than a report has, what is there. */
export function scalarOf(report: Uint8Array, which: Scalar): bigint {
  const field = report.slice(PLACES[which], PLACES[which] + SCALAR_FIELD).reverse();
  return BigInt(`0x0${Buffer.from(field).toString('hex')}`);
}

/** @throws RangeError for a report that is too short to hold it. */
export function withScalar(report: Uint8Array, which: Scalar, value: bigint): Uint8Array {
  return replaceAt(report, PLACES[which], littleEndian(value, SCALAR_FIELD));
}

/** s and n - s sign the same, and anybody can make one from the other. */
export function otherS(report: Uint8Array): Uint8Array {
  const s = scalarOf(report, 's');
  return s > 0n && s < ORDER ? withScalar(report, 's', ORDER - s) : report;
}

/** One name for both forms; everything else of the 512 bytes counts. */
export function withoutSign(report: Uint8Array): string {
  const forms = [report, otherS(report)].map((each) =>
    Buffer.from(each.subarray(SIGNED_SIZE)).toString('hex'),
  );
  return forms.sort()[0] ?? '';
}

/** Values of R or S at the edges of what a signature, or its field, may hold. */
export const SCALAR_EDGES: readonly bigint[] = [
  ...[0n, 1n, ORDER - 1n, ORDER, ORDER + 1n],
  ...[2n ** 383n, 2n ** 384n - 1n, 2n ** 384n, 2n ** 576n - 1n],
];

function littleEndian(value: bigint, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
}
