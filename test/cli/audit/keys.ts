import { generateKeyPairSync } from 'node:crypto';

/** A signing key of its own, as PEM. */
export function pemsOf(kind: 'ed25519'): { readonly key: string; readonly pub: string } {
  const { privateKey, publicKey } = generateKeyPairSync(kind);
  return {
    key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    pub: publicKey.export({ format: 'pem', type: 'spki' }).toString(),
  };
}
