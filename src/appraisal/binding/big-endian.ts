import type { ByteReader } from '../../core/bytes/reader.ts';

/** Of what TLS, SSH and HTTP put on the wire. */
export function u32be(r: ByteReader, field: string): number {
  return r.bytes(4, field).reduce((value, byte) => value * 256 + byte, 0);
}
