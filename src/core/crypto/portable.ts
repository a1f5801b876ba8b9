import { p256 } from '@noble/curves/nist.js';
import { sha256 as nobleSha256, sha384 as nobleSha384 } from '@noble/hashes/sha2.js';
import { equalBytes } from '../bytes/equal.ts';
import { concatBytes } from '../bytes/writer.ts';
import type { CryptoPort, P256PublicKey } from './port.ts';

export const sameBytes: CryptoPort['sameBytes'] = equalBytes;

export const sha256: CryptoPort['sha256'] = (data) => nobleSha256(data);

export const sha384: CryptoPort['sha384'] = (data) => nobleSha384(data);

export const importP256: CryptoPort['importP256'] = (point) => {
  if (point.length !== 64) return undefined;
  const encoded = concatBytes(Uint8Array.of(4), point);
  try {
    p256.Point.fromBytes(encoded).assertValidity();
    return encoded as unknown as P256PublicKey;
  } catch {
    return undefined; // not on the curve
  }
};

export const verifyP256: CryptoPort['verifyP256'] = (key, message, signature) => {
  if (signature.length !== 64) return false;
  try {
    // lowS off: X.509 and Intel's quoting enclave sign with either s.
    return p256.verify(signature, message, key as unknown as Uint8Array, { lowS: false });
  } catch {
    return false; // r or s is zero or not below the group order
  }
};
