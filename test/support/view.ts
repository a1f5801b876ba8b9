/**
 * The same bytes as a view into a larger buffer: catches a parser that looks at `.buffer`
 * without `.byteOffset`, or reads past its own end into a neighbour's bytes.
 */
export function asView(bytes: Uint8Array): Uint8Array {
  const padded = new Uint8Array(bytes.length + 16).fill(0x30);
  padded.set(bytes, 7);
  return padded.subarray(7, 7 + bytes.length);
}
