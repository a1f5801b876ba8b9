/**
 * The bytes at the same place of one large buffer each time, other bytes all around them: a
 * verifier that remembers a view instead of what it saw would be found out.
 */
export function reusedBuffer(size: number): (bytes: Uint8Array) => Uint8Array {
  const buffer = new Uint8Array(size);
  return (bytes) => {
    if (bytes.length > buffer.length - 32) return bytes;
    buffer.fill(0x30, 0, bytes.length + 32);
    buffer.set(bytes, 13);
    return buffer.subarray(13, 13 + bytes.length);
  };
}
