import { generateKeyPairSync, sign } from 'node:crypto';

/** The key of the TLS server: P-256, made in memory, that lives as long as the process. */
export interface TlsKey {
  /** SubjectPublicKeyInfo in DER. */
  readonly spki: Uint8Array;
  /** Over SHA-256, as r ‖ s; 64 bytes. */
  readonly sign: (message: Uint8Array) => Uint8Array;
  /**
   * Lends the private key in PEM, which is the one form that the runtime's TLS takes it in, and
   * wipes that when it was used.
   */
  readonly lend: <T>(use: (pem: Buffer) => T) => T;
}

export function makeTlsKey(): TlsKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    spki: new Uint8Array(publicKey.export({ format: 'der', type: 'spki' })),
    sign: (message) =>
      new Uint8Array(sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' })),
    lend: (use) => {
      const pem = Buffer.from(privateKey.export({ format: 'pem', type: 'pkcs8' }));
      try {
        return use(pem);
      } finally {
        pem.fill(0);
      }
    },
  };
}
