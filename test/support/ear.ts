import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { exportJWK, type JWK } from 'jose';
import type { EarContext } from '../../src/appraisal/result/ear-claims.ts';
import type { CwtSigner } from '../../src/appraisal/result/ear-cwt.ts';
import type { EarSigner } from '../../src/appraisal/result/ear-jwt.ts';
import type { IssuerKey } from '../../src/appraisal/result/verify-ear.ts';
import { parsePublicKey } from '../../src/core/x509/public-key.ts';

/** A key that signs tokens, in every form that somebody wants it in. */
export interface Issuer {
  readonly jwt: EarSigner;
  readonly cwt: CwtSigner;
  readonly pinned: IssuerKey;
  readonly jwk: () => Promise<JWK>;
  readonly publicKey: KeyObject;
}

export function issuerOf(algorithm: 'ES256' | 'EdDSA', keyId: string): Issuer {
  const { privateKey, publicKey } =
    algorithm === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('ed25519');
  const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }));
  const signed = (bytes: Uint8Array) =>
    new Uint8Array(
      algorithm === 'ES256'
        ? sign('sha256', bytes, { key: privateKey, dsaEncoding: 'ieee-p1363' })
        : sign(null, bytes, privateKey),
    );
  return {
    jwt: { algorithm, keyId, privateKey },
    cwt: { algorithm, keyId, sign: signed },
    pinned: { keyId, key: parsePublicKey(spki, 'key') },
    jwk: async () => ({ ...(await exportJWK(publicKey)), kid: keyId, alg: algorithm }),
    publicKey,
  };
}

export const AT = Date.UTC(2026, 5, 1);

export const context: EarContext = {
  issuer: 'https://gateway.example',
  subject: 'node-7',
  audience: 'https://client.example',
  tokenId: 'decision-1',
  issuedAt: AT,
  build: '0.1.0',
  evidenceSha256: createHash('sha256').update('bundle').digest('hex'),
};

export const wanted = { issuer: context.issuer, audience: context.audience, now: AT };
