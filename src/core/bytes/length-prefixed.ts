import { writeU32be } from './big-endian.ts';
import { ByteWriter } from './writer.ts';

/**
 * LP(x) = u32be(length of x) ‖ x, of each field in turn: no byte can move from one field to its
 * neighbour. SSH calls it a string (RFC 4251 section 5).
 */
export function lengthPrefixed(...fields: readonly Uint8Array[]): Uint8Array {
  const writer = new ByteWriter();
  for (const field of fields) writer.bytes(writeU32be(field.length)).bytes(field);
  return writer.finish();
}
