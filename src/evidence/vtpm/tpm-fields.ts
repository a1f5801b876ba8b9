import type { ByteReader } from '../../core/bytes/reader.ts';
import { malformed } from '../../core/fault.ts';

/** UINT16: everything that a TPM marshals is big-endian (TPM 2.0 Library Part 2). */
export function uint16(r: ByteReader, field: string): number {
  return Number(unsigned(r.bytes(2, field)));
}

export function uint32(r: ByteReader, field: string): number {
  return Number(unsigned(r.bytes(4, field)));
}

export function uint64(r: ByteReader, field: string): bigint {
  return unsigned(r.bytes(8, field));
}

function unsigned(bytes: Uint8Array): bigint {
  return bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

/**
 * TPM2B_*: a UINT16 size, then so many bytes.
 *
 * @param path where the structure is, e.g. `quote`.
 * @param most the largest size that the type allows.
 */
export function sized(r: ByteReader, path: string, field: string, most: number): Uint8Array {
  const size = uint16(r, `${field}.size`);
  if (size > most) throw malformed(`${path}.${field}.size`, `want at most ${most}, got ${size}`);
  return r.bytes(size, field);
}
