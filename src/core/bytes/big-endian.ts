import type { ByteReader } from './reader.ts';

/** Of what TLS, SSH and HTTP put on the wire. */
export function u32be(r: ByteReader, field: string): number {
  return r.bytes(4, field).reduce((value, byte) => value * 256 + byte, 0);
}

/** @param value 0 to 2³² − 1. */
export function writeU32be(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}
