import { sha384 } from '#crypto';
import { isZero } from '../../../core/bytes/equal.ts';
import { ByteReader } from '../../../core/bytes/reader.ts';
import { ByteWriter, concatBytes } from '../../../core/bytes/writer.ts';
import { malformed } from '../../../core/fault.ts';

/** The size of a public key in AMD's structures. */
export const AMD_PUBLIC_KEY_SIZE = 0x404;

const CURVE_P384 = 2;
const COORDINATE = 48;
const COORDINATE_FIELD = 72;
const RESERVED = 0x370;

/**
 * Public key as AMD's firmware reads it (SEV-SNP ABI specification, "ECDSA public key format")
 *
 * | offset | size  | field                                        |
 * |--------|-------|----------------------------------------------|
 * | 0x000  | 4     | CURVE, 2 is P-384                            |
 * | 0x004  | 72    | QX, little-endian, zero from its byte 48 on  |
 * | 0x04c  | 72    | QY, likewise                                 |
 * | 0x094  | 0x370 | reserved, zero                               |
 *
 * @param bytes 0x404 bytes.
 * @returns affine coordinates x ‖ y, 96 bytes, big-endian; not yet known to be on the curve.
 * @throws Fault `malformed` at `<path>.<field>`.
 */
export function parseAmdPublicKey(bytes: Uint8Array, path: string): Uint8Array {
  const r = new ByteReader(bytes, path);
  const curve = r.u32('curve');
  if (curve !== CURVE_P384) {
    throw malformed(`${path}.curve`, `want ${CURVE_P384} (P-384), got ${curve}`);
  }
  const x = readCoordinate(r, path, 'qx');
  const y = readCoordinate(r, path, 'qy');
  if (!isZero(r.bytes(RESERVED, 'reserved'))) throw malformed(`${path}.reserved`, 'want zeros');
  r.end();
  return concatBytes(x, y);
}

/**
 * The same in the other direction.
 *
 * @param point x ‖ y, 96 bytes, big-endian.
 */
export function encodeAmdPublicKey(point: Uint8Array): Uint8Array {
  const padding = COORDINATE_FIELD - COORDINATE;
  return new ByteWriter()
    .u32(CURVE_P384)
    .bytes(point.subarray(0, COORDINATE).toReversed())
    .zeros(padding)
    .bytes(point.subarray(COORDINATE, 2 * COORDINATE).toReversed())
    .zeros(padding + RESERVED)
    .finish();
}

/**
 * What a report says of such a key (ID_KEY_DIGEST, AUTHOR_KEY_DIGEST): SHA-384 over AMD's form.
 *
 * @param point x ‖ y, 96 bytes, big-endian.
 */
export function amdKeyDigest(point: Uint8Array): Uint8Array {
  return sha384(encodeAmdPublicKey(point));
}

function readCoordinate(r: ByteReader, path: string, name: string): Uint8Array {
  const field = r.bytes(COORDINATE_FIELD, name);
  if (!isZero(field.subarray(COORDINATE))) {
    throw malformed(`${path}.${name}`, 'want zeros from byte 48 on');
  }
  return field.subarray(0, COORDINATE).toReversed();
}
