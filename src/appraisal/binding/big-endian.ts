import type { ByteReader } from '../../core/bytes/reader.ts';

/** Of what TLS, SSH and HTTP put on the wire. */
export function u16be(r: ByteReader, field: string): number {
  return unsigned(r.bytes(2, field));
}

export function u32be(r: ByteReader, field: string): number {
  return unsigned(r.bytes(4, field));
}

function unsigned(bytes: Uint8Array): number {
  return bytes.reduce((value, byte) => value * 256 + byte, 0);
}
