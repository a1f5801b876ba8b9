import { ed25519 } from '@noble/curves/ed25519.js';
import { p256, p384 } from '@noble/curves/nist.js';
import {
  sha256 as nobleSha256,
  sha384 as nobleSha384,
  sha512 as nobleSha512,
} from '@noble/hashes/sha2.js';
import { ml_dsa44 } from '@noble/post-quantum/ml-dsa.js';
import forge from 'node-forge';
import { equalBytes } from '../bytes/equal.ts';
import { toHex } from '../bytes/hex.ts';
import { concatBytes } from '../bytes/writer.ts';
import { decodeBase64 as decode, encodeBase64 as encode } from './base64.ts';
import { CONTROL } from './control.ts';
import { ED25519_ORDER, isUsableEd25519Point, littleEndian } from './ed25519.ts';
import type {
  CryptoPort,
  Ed25519PublicKey,
  MlDsa44PublicKey,
  P256PublicKey,
  P384PublicKey,
  RsaPublicKey,
} from './port.ts';
import { isUsableRsaKey } from './rsa.ts';

export * from './portable-aead.ts';
export * from './portable-kem.ts';

export const sameBytes: CryptoPort['sameBytes'] = equalBytes;

export const decodeBase64: CryptoPort['decodeBase64'] = decode;

export const encodeBase64: CryptoPort['encodeBase64'] = encode;

export const hasControl: CryptoPort['hasControl'] = (text) => CONTROL.test(text);

export const sha256: CryptoPort['sha256'] = (data) => nobleSha256(data);

export const startSha256: CryptoPort['startSha256'] = () => {
  const running = nobleSha256.create();
  return { update: (part) => void running.update(part), digest: () => running.digest() };
};

export const sha384: CryptoPort['sha384'] = (data) => nobleSha384(data);

export const sha512: CryptoPort['sha512'] = (data) => nobleSha512(data);

export const importP256: CryptoPort['importP256'] = (point) =>
  point.length === 64 ? (importPoint(p256, point) as P256PublicKey | undefined) : undefined;

export const importP384: CryptoPort['importP384'] = (point) =>
  point.length === 96 ? (importPoint(p384, point) as P384PublicKey | undefined) : undefined;

type Curve = typeof p256;

function importPoint({ Point }: Curve, point: Uint8Array): object | undefined {
  const encoded = concatBytes(Uint8Array.of(4), point);
  try {
    Point.fromBytes(encoded).assertValidity();
    return encoded;
  } catch {
    return undefined; // not on the curve
  }
}

export const verifyP256: CryptoPort['verifyP256'] = (key, message, signature) =>
  signature.length === 64 && verifyEcdsa(p256, key, message, signature);

export const verifyP384: CryptoPort['verifyP384'] = (key, message, signature) =>
  signature.length === 96 && verifyEcdsa(p384, key, message, signature);

function verifyEcdsa(
  curve: Curve,
  key: object,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  try {
    // lowS off: X.509, Intel's quoting enclave and AMD's firmware sign with either s.
    return curve.verify(signature, message, key as Uint8Array, { lowS: false });
  } catch {
    return false; // r or s is zero or not below the group order
  }
}

export const importEd25519: CryptoPort['importEd25519'] = (point) =>
  isUsableEd25519Point(point) ? (new Uint8Array(point) as object as Ed25519PublicKey) : undefined;

/**
 * The group's arithmetic is noble's, the equation is OpenSSL's: R must be the very bytes of
 * S·B − h·A. noble's own `verify` multiplies both sides by the cofactor, and so takes signatures
 * of a signer who means mischief that OpenSSL does not.
 */
export const verifyEd25519: CryptoPort['verifyEd25519'] = (key, message, signature) => {
  if (signature.length !== 64) return false;
  const [point, r] = [key as object as Uint8Array, signature.subarray(0, 32)];
  const s = littleEndian(signature.subarray(32));
  if (s >= ED25519_ORDER) return false;
  const { Point } = ed25519;
  const h = littleEndian(nobleSha512(concatBytes(r, point, message))) % ED25519_ORDER;
  const hA = Point.fromBytes(point).multiplyUnsafe(h);
  return equalBytes(Point.BASE.multiplyUnsafe(s).subtract(hA).toBytes(), r);
};

export const importMlDsa44: CryptoPort['importMlDsa44'] = (key) =>
  key.length === ml_dsa44.lengths.publicKey
    ? (new Uint8Array(key) as object as MlDsa44PublicKey)
    : undefined;

export const verifyMlDsa44: CryptoPort['verifyMlDsa44'] = (key, message, signature) =>
  signature.length === ml_dsa44.lengths.signature &&
  ml_dsa44.verify(signature, message, key as object as Uint8Array);

type ForgeKey = forge.pki.rsa.PublicKey;

export const importRsa: CryptoPort['importRsa'] = (modulus, exponent) => {
  if (!isUsableRsaKey(modulus, exponent)) return undefined;
  const number = (bytes: Uint8Array) => new forge.jsbn.BigInteger(toHex(bytes), 16);
  return forge.pki.setRsaPublicKey(number(modulus), number(exponent)) as unknown as RsaPublicKey;
};

export const verifyRsaPssSha384: CryptoPort['verifyRsaPssSha384'] = (key, message, signature) => {
  const scheme = forge.pss.create({
    md: forge.md.sha384.create(),
    mgf: forge.mgf.mgf1.create(forge.md.sha384.create()),
    saltLength: 48,
  });
  return verifyRsa(key, nobleSha384(message), signature, scheme);
};

/**
 * DigestInfo of SHA-256 up to the digest (RFC 8017 section 9.2, note 1). Compared whole: forge's
 * own scheme would parse what comes out of the key, and a parser may forgive.
 */
const SHA256_INFO = Uint8Array.of(
  ...[0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01],
  ...[0x05, 0x00, 0x04, 0x20],
);

export const verifyRsaPkcs1Sha256: CryptoPort['verifyRsaPkcs1Sha256'] = (key, message, signature) =>
  verifyRsa(key, concatBytes(SHA256_INFO, nobleSha256(message)), signature, 'NONE');

/** @param digest what the scheme signs: the digest, or the whole DigestInfo. */
function verifyRsa(
  key: RsaPublicKey,
  digest: Uint8Array,
  signature: Uint8Array,
  scheme: forge.pki.rsa.SignatureScheme,
): boolean {
  const publicKey = key as unknown as ForgeKey;
  // A number that is not below the modulus is another way to write a smaller one.
  const number = new forge.jsbn.BigInteger(toHex(signature) || '0', 16);
  if (signature.length * 8 !== publicKey.n.bitLength() || number.compareTo(publicKey.n) >= 0) {
    return false;
  }
  try {
    return publicKey.verify(binary(digest), binary(signature), scheme);
  } catch {
    return false; // what comes out of the key has not the form of the scheme
  }
}

/** As forge holds bytes: one character each. */
function binary(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
