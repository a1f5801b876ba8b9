import { fromHex } from '../../src/core/bytes/hex.ts';

/** Bytes from hex with white space for the reader's eye. */
export function hex(text: string): Uint8Array {
  return fromHex(text.replaceAll(/\s/g, ''), 'test');
}
