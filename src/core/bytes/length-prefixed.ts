import { ByteWriter } from './writer.ts';

/**
 * LP(x) = u32be(length of x) ‖ x, of each field in turn: no byte can move from one field to its
 * neighbour.
 */
export function lengthPrefixed(...fields: readonly Uint8Array[]): Uint8Array {
  const writer = new ByteWriter();
  for (const field of fields) {
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, field.length);
    writer.bytes(length).bytes(field);
  }
  return writer.finish();
}
