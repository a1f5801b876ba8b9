import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto';
import { fromHex } from '../bytes/hex.ts';
import { concatBytes } from '../bytes/writer.ts';
import type { CryptoPort, P256PublicKey } from './port.ts';

/** SubjectPublicKeyInfo of an uncompressed P-256 point, up to and including the 0x04 (RFC 5480). */
const P256_SPKI_PREFIX = fromHex(
  '3059301306072a8648ce3d020106082a8648ce3d03010703420004',
  'crypto.p256',
);

export const sha256: CryptoPort['sha256'] = (data) => plain(hash('sha256', data, 'buffer'));

export const sha384: CryptoPort['sha384'] = (data) => plain(hash('sha384', data, 'buffer'));

/** Not a Buffer, whose `slice` shares memory: both implementations must behave alike. */
function plain(bytes: Buffer): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export const importP256: CryptoPort['importP256'] = (point) => {
  if (point.length !== 64) return undefined;
  try {
    const key = createPublicKey({
      key: Buffer.from(concatBytes(P256_SPKI_PREFIX, point)),
      format: 'der',
      type: 'spki',
    });
    return key as unknown as P256PublicKey;
  } catch {
    return undefined; // OpenSSL refuses a point that is not on the curve
  }
};

export const verifyP256: CryptoPort['verifyP256'] = (key, message, signature) =>
  signature.length === 64 &&
  verify(
    'sha256',
    message,
    { key: key as unknown as KeyObject, dsaEncoding: 'ieee-p1363' },
    signature,
  );
