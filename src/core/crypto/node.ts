import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto';
import type { CryptoPort, P256PublicKey } from './port.ts';

/**
 * SubjectPublicKeyInfo of an uncompressed P-256 point, up to and including the 0x04 (RFC 5480),
 * in base64: 27 bytes, so that the base64 of the coordinates just follows.
 */
const P256_SPKI_PREFIX = 'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE';

export const sameBytes: CryptoPort['sameBytes'] = (a, b) =>
  a.length === b.length && Buffer.compare(a, b) === 0;

export const sha256: CryptoPort['sha256'] = (data) => digest('sha256', data);

export const sha384: CryptoPort['sha384'] = (data) => digest('sha384', data);

/**
 * By way of a string, one character a byte: a Buffer comes with memory outside of the heap,
 * and to sweep that up takes longer than to copy. (Its `slice` would share memory besides.)
 */
function digest(algorithm: 'sha256' | 'sha384', data: Uint8Array): Uint8Array {
  const text = hash(algorithm, data, 'binary');
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

export const importP256: CryptoPort['importP256'] = (point) => {
  if (point.length !== 64) return undefined;
  try {
    return createPublicKey(toPem(point)) as unknown as P256PublicKey;
  } catch {
    return undefined; // OpenSSL refuses a point that is not on the curve
  }
};

/**
 * PEM, because Node finds out by throwing and catching that DER bytes are not a key object
 * already: four exceptions, which cost more than the import itself.
 */
function toPem(point: Uint8Array): string {
  const coordinates = Buffer.from(point.buffer, point.byteOffset, point.length);
  const info = P256_SPKI_PREFIX + coordinates.toString('base64');
  return `-----BEGIN PUBLIC KEY-----\n${info.slice(0, 64)}\n${info.slice(64)}\n-----END PUBLIC KEY-----\n`;
}

export const verifyP256: CryptoPort['verifyP256'] = (key, message, signature) =>
  signature.length === 64 &&
  verify('sha256', message, key as unknown as KeyObject, toSigValue(signature));

/**
 * r ‖ s as ECDSA-Sig-Value, SEQUENCE { r INTEGER, s INTEGER } (RFC 3279 section 2.2.3).
 * Node takes r ‖ s too (`dsaEncoding`), but first asks OpenSSL for the order of the key's
 * group: that makes each verification a third dearer.
 */
function toSigValue(signature: Uint8Array): Uint8Array {
  const afterR = writeInteger(sigValue, SEQUENCE_HEADER, signature.subarray(0, 32));
  const end = writeInteger(sigValue, afterR, signature.subarray(32));
  sigValue[0] = 0x30;
  sigValue[1] = end - SEQUENCE_HEADER;
  return sigValue.subarray(0, end);
}

const SEQUENCE_HEADER = 2;
/** Tag, length, sign byte, 32 bytes. */
const LONGEST_INTEGER = 35;
/** Written anew for each verification, which is done with it when it returns. */
const sigValue = new Uint8Array(SEQUENCE_HEADER + 2 * LONGEST_INTEGER);

/**
 * Shortest form, as OpenSSL demands: no zeros in front, but for one that keeps the number positive.
 *
 * @returns where the INTEGER ends.
 */
function writeInteger(out: Uint8Array, at: number, number: Uint8Array): number {
  let start = 0;
  while (start < number.length - 1 && number[start] === 0) start++;
  const magnitude = number.subarray(start);
  const sign = (number[start] ?? 0) >= 0x80 ? 1 : 0;
  const length = sign + magnitude.length;
  out[at] = 0x02;
  out[at + 1] = length;
  out[at + 2] = 0; // what a sign byte holds; overwritten when there is none
  out.set(magnitude, at + 2 + sign);
  return at + 2 + length;
}
