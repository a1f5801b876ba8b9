import { createHash, createPublicKey, hash, type KeyObject, verify } from 'node:crypto';
import { CONTROL } from './control.ts';
import { isUsableEd25519Point } from './ed25519.ts';
import type {
  CryptoPort,
  Ed25519PublicKey,
  MlDsa44PublicKey,
  P256PublicKey,
  P384PublicKey,
  RsaPublicKey,
} from './port.ts';
import { isUsableRsaKey, RSA_ALGORITHM, rsaPublicKeyInfo } from './rsa.ts';

export * from './node-aead.ts';
export * from './node-kem.ts';

/**
 * SubjectPublicKeyInfo of an uncompressed point, up to and including the 0x04 (RFC 5480), or of
 * one of edwards25519 (RFC 8410), in base64: 27 bytes (P-256), 24 (P-384) or 12 (Ed25519), so that
 * the base64 of what is encoded just follows.
 */
const SPKI_PREFIX = {
  p256: 'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE',
  p384: 'MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE',
  ed25519: 'MCowBQYDK2VwAyEA',
} as const;

const ML_DSA_44_SIZES = { key: 1312, signature: 2420 } as const;
/** SubjectPublicKeyInfo up to the key (RFC 9881): 22 bytes, which base64 can't just continue. */
const ML_DSA_44_PREFIX = Buffer.from('30820532300b06096086480165030403110382052100', 'hex');

export const sameBytes: CryptoPort['sameBytes'] = (a, b) =>
  a.length === b.length && Buffer.compare(a, b) === 0;

/**
 * Buffer passes over what is no base64, and then comes out shorter; it takes the URL alphabet
 * as well, and bits that should be zero, which show when the last four characters are written
 * again. Of characters beyond Latin-1 it looks at the lower byte, so that U+0341 is an A to it.
 */
export const decodeBase64: CryptoPort['decodeBase64'] = (text) => {
  const buffer = Buffer.from(text, 'base64');
  const groups = Math.ceil(buffer.length / 3);
  const last = buffer.toString('base64', Math.max(0, groups - 1) * 3);
  if (text.length !== groups * 4 || !text.endsWith(last)) return undefined;
  if (text.includes('-') || text.includes('_')) return undefined;
  if (Buffer.byteLength(text) !== text.length) return undefined;
  // Not the Buffer itself: short ones share their memory with others.
  const { buffer: memory, length } = buffer;
  return memory.byteLength === length ? new Uint8Array(memory) : new Uint8Array(buffer);
};

export const encodeBase64: CryptoPort['encodeBase64'] = (bytes) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');

/**
 * Long texts are base64, which Buffer decodes ten times as fast as a pattern looks at it. Whatever
 * is no digit it passes over: where each 4 characters gave 3 bytes, all of them were digits.
 */
export const hasControl: CryptoPort['hasControl'] = (text) => {
  // Padding could stand in the last four.
  const whole = (text.length - 1) & ~3;
  let at = 0;
  while (at < whole) {
    const digits = text.slice(at, Math.min(at + DIGITS, whole));
    if (decoded.write(digits, 'base64') * 4 < digits.length * 3) break;
    at += digits.length;
  }
  return CONTROL.test(text.slice(at));
};

/** In characters, decoded at a time. */
const DIGITS = 16384;
/** Written anew each time, and never read. */
const decoded = Buffer.alloc((DIGITS / 4) * 3);

export const sha256: CryptoPort['sha256'] = (data) => digest('sha256', data);

export const startSha256: CryptoPort['startSha256'] = () => {
  const running = createHash('sha256');
  return {
    update: (part) => void running.update(part),
    digest: () => new Uint8Array(running.digest()),
  };
};

export const sha384: CryptoPort['sha384'] = (data) => digest('sha384', data);

export const sha512: CryptoPort['sha512'] = (data) => digest('sha512', data);

/**
 * By way of a string, one character a byte: a Buffer comes with memory outside of the heap,
 * and to sweep that up takes longer than to copy. (Its `slice` would share memory besides.)
 */
function digest(algorithm: 'sha256' | 'sha384' | 'sha512', data: Uint8Array): Uint8Array {
  const text = hash(algorithm, data, 'binary');
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

export const importP256: CryptoPort['importP256'] = (point) =>
  point.length === 64
    ? (importKey(SPKI_PREFIX.p256 + encodeBase64(point)) as object as P256PublicKey | undefined)
    : undefined;

export const importP384: CryptoPort['importP384'] = (point) =>
  point.length === 96
    ? (importKey(SPKI_PREFIX.p384 + encodeBase64(point)) as object as P384PublicKey | undefined)
    : undefined;

export const importEd25519: CryptoPort['importEd25519'] = (point) =>
  isUsableEd25519Point(point)
    ? (importKey(SPKI_PREFIX.ed25519 + encodeBase64(point)) as object as
        | Ed25519PublicKey
        | undefined)
    : undefined;

export const importRsa: CryptoPort['importRsa'] = (modulus, exponent) =>
  isUsableRsaKey(modulus, exponent)
    ? (new RsaKey(modulus, exponent) as object as RsaPublicKey)
    : undefined;

/**
 * A key object for each scheme, made when it is first asked for. One that says in its own
 * AlgorithmIdentifier what it is for has OpenSSL hold every signature to hash and salt length;
 * told at each verification instead, Node again finds out by exceptions what it was given.
 */
class RsaKey {
  /** Of the modulus, and so of every signature, in bytes. */
  readonly size: number;
  readonly #modulus: Uint8Array;
  readonly #exponent: Uint8Array;
  readonly #objects = new Map<Uint8Array, KeyObject | undefined>();

  constructor(modulus: Uint8Array, exponent: Uint8Array) {
    this.size = modulus.length;
    this.#modulus = new Uint8Array(modulus);
    this.#exponent = new Uint8Array(exponent);
  }

  /** @returns undefined when OpenSSL refuses the key. */
  for(algorithm: Uint8Array): KeyObject | undefined {
    const known = this.#objects.get(algorithm);
    if (known) return known;
    const info = rsaPublicKeyInfo(this.#modulus, this.#exponent, algorithm);
    const made = importKey(encodeBase64(info));
    this.#objects.set(algorithm, made);
    return made;
  }
}

/**
 * PEM, because Node finds out by throwing and catching that DER bytes are not a key object
 * already: four exceptions, which cost more than the import itself.
 *
 * @param info SubjectPublicKeyInfo in base64.
 */
function importKey(info: string): KeyObject | undefined {
  const lines: string[] = [];
  for (let at = 0; at < info.length; at += 64) lines.push(info.slice(at, at + 64));
  try {
    return createPublicKey(
      `-----BEGIN PUBLIC KEY-----\n${lines.join('\n')}\n-----END PUBLIC KEY-----\n`,
    );
  } catch {
    return undefined; // OpenSSL refuses a point that is not on the curve
  }
}

export const verifyP256: CryptoPort['verifyP256'] = (key, message, signature) =>
  signature.length === 64 &&
  verify('sha256', message, key as unknown as KeyObject, toSigValue(signature));

export const verifyP384: CryptoPort['verifyP384'] = (key, message, signature) =>
  signature.length === 96 &&
  verify('sha384', message, key as unknown as KeyObject, toSigValue(signature));

/** OpenSSL itself refuses an S that is not below the order, and compares R as bytes. */
export const verifyEd25519: CryptoPort['verifyEd25519'] = (key, message, signature) =>
  signature.length === 64 && verify(null, message, key as unknown as KeyObject, signature);

export const importMlDsa44: CryptoPort['importMlDsa44'] = (key) =>
  key.length === ML_DSA_44_SIZES.key
    ? (importKey(encodeBase64(Buffer.concat([ML_DSA_44_PREFIX, key]))) as object as
        | MlDsa44PublicKey
        | undefined)
    : undefined;

export const verifyMlDsa44: CryptoPort['verifyMlDsa44'] = (key, message, signature) =>
  signature.length === ML_DSA_44_SIZES.signature &&
  verify(null, message, key as unknown as KeyObject, signature);

export const verifyRsaPssSha384: CryptoPort['verifyRsaPssSha384'] = (key, message, signature) =>
  verifyRsa('sha384', RSA_ALGORITHM.pssSha384, key, message, signature);

export const verifyRsaPkcs1Sha256: CryptoPort['verifyRsaPkcs1Sha256'] = (key, message, signature) =>
  verifyRsa('sha256', RSA_ALGORITHM.any, key, message, signature);

function verifyRsa(
  digest: 'sha256' | 'sha384',
  algorithm: Uint8Array,
  key: RsaPublicKey,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  const rsa = key as object as RsaKey;
  const object = rsa.for(algorithm);
  // OpenSSL takes a PSS signature without its leading zeros, which is another way to write it.
  return (
    object !== undefined &&
    signature.length === rsa.size &&
    verify(digest, message, object, signature)
  );
}

/**
 * r ‖ s as ECDSA-Sig-Value, SEQUENCE { r INTEGER, s INTEGER } (RFC 3279 section 2.2.3).
 * Node takes r ‖ s too (`dsaEncoding`), but first asks OpenSSL for the order of the key's
 * group: that makes each verification a third dearer.
 *
 * @param signature 64 or 96 bytes: every length below stays short of 128.
 */
function toSigValue(signature: Uint8Array): Uint8Array {
  const half = signature.length / 2;
  const afterR = writeInteger(sigValue, SEQUENCE_HEADER, signature.subarray(0, half));
  const end = writeInteger(sigValue, afterR, signature.subarray(half));
  sigValue[0] = 0x30;
  sigValue[1] = end - SEQUENCE_HEADER;
  return sigValue.subarray(0, end);
}

const SEQUENCE_HEADER = 2;
/** Tag, length, sign byte, 48 bytes. */
const LONGEST_INTEGER = 51;
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
