import { fromHex } from '../core/bytes/hex.ts';

/**
 * EFI_GUID: the first three fields are little-endian numbers, the rest bytes (UEFI 2.10, appendix A).
 *
 * @param text the usual form, e.g. `96b582de-1fb2-45f7-baea-a366c55a082d`.
 * @returns 16 bytes.
 */
export function guidBytes(text: string): Uint8Array {
  const [first = '', second = '', third = '', ...rest] = text.split('-');
  const guid = fromHex(first + second + third + rest.join(''), 'guid', 16);
  guid.subarray(0, 4).reverse();
  guid.subarray(4, 6).reverse();
  guid.subarray(6, 8).reverse();
  return guid;
}
