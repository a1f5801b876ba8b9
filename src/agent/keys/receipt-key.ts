import { generateKeyPairSync, sign } from 'node:crypto';
import { utf8 } from '../../core/bytes/text.ts';
import { toBase64Url } from '../../core/encoding/base64url.ts';

/** What signs usage and receipts: an Ed25519 key, made in memory, that lives as long as its keyset. */
export interface ReceiptKey {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /**
   * Claims as a JWS in its compact serialisation, at once: statements of an account follow each
   * other, and none may come between.
   *
   * @param type its `typ`.
   */
  readonly statement: (type: string, claims: object) => string;
}

export function makeReceiptKey(): ReceiptKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  return {
    publicKey: new Uint8Array(spki.subarray(-32)),
    statement: (type, claims) => {
      const header = toBase64Url(utf8(JSON.stringify({ alg: 'EdDSA', typ: type })));
      const signed = `${header}.${toBase64Url(utf8(JSON.stringify(claims)))}`;
      return `${signed}.${toBase64Url(new Uint8Array(sign(null, utf8(signed), privateKey)))}`;
    },
  };
}
