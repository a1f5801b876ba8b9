import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { concatBytes } from '../core/bytes/writer.ts';
import type { IdSigner } from '../evidence/snp/measure/id-auth.ts';
import { type Io, usage } from './io.ts';

/**
 * A P-384 private key in PEM, PKCS#8 or SEC 1, not encrypted.
 *
 * @throws Fault `usage` naming the option; nothing of the file is quoted.
 */
export async function readP384Key(io: Io, path: string, option: string): Promise<IdSigner> {
  const key = privateKey(Buffer.from(await io.readFile(path)));
  const curve = key?.asymmetricKeyDetails?.namedCurve;
  if (key === undefined || curve !== 'secp384r1') {
    throw usage(`--${option}: want a P-384 private key in PEM, not encrypted`);
  }
  return {
    publicKey: pointOf(key),
    sign: (message) => new Uint8Array(sign('sha384', message, { key, dsaEncoding: 'ieee-p1363' })),
  };
}

function privateKey(pem: Buffer): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined; // OpenSSL's sentence would not say which option it is about
  }
}

function pointOf(key: KeyObject): Uint8Array {
  const { x = '', y = '' } = createPublicKey(key).export({ format: 'jwk' });
  return concatBytes(Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url'));
}
