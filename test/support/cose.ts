import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { encodeCbor } from '../../src/core/encoding/cbor-encode.ts';
import type { CborValue } from '../../src/core/encoding/cbor-value.ts';
import { type CoseKey, parseCoseKeyFile } from '../../src/core/encoding/cose-key.ts';

/** A key pair that signs COSE messages, and its public half in both forms of a file. */
export interface CoseSigner {
  readonly alg: number;
  readonly key: CoseKey;
  readonly coseKey: Uint8Array;
  readonly pem: Uint8Array;
  readonly sign: (message: Uint8Array) => Uint8Array;
}

const KINDS = {
  p256: { alg: -7, curve: 'P-256', crv: 1, digest: 'sha256' },
  p384: { alg: -35, curve: 'P-384', crv: 2, digest: 'sha384' },
  ed25519: { alg: -8, curve: undefined, crv: 6, digest: null },
} as const;

export function coseSigner(kind: keyof typeof KINDS): CoseSigner {
  const { alg, curve, crv, digest } = KINDS[kind];
  const { privateKey, publicKey } =
    curve === undefined
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('ec', { namedCurve: curve });
  const pem = new Uint8Array(Buffer.from(publicKey.export({ format: 'pem', type: 'spki' })));
  return {
    alg,
    key: parseCoseKeyFile(pem, 'key'),
    coseKey: coseKeyOf(publicKey, crv),
    pem,
    sign: (message) =>
      new Uint8Array(sign(digest, message, { key: privateKey, dsaEncoding: 'ieee-p1363' })),
  };
}

function coseKeyOf(publicKey: KeyObject, crv: number): Uint8Array {
  const { x, y } = publicKey.export({ format: 'jwk' });
  const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'base64url'));
  const key = new Map<CborValue, CborValue>([
    [1, y === undefined ? 1 : 2],
    [-1, crv],
    [-2, bytes(x ?? '')],
  ]);
  if (y !== undefined) key.set(-3, bytes(y));
  return encodeCbor(key);
}
