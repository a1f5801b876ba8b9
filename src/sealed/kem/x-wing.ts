import {
  decapsulateMlKem768,
  encapsulateMlKem768,
  eraseKemSecret,
  importMlKem768,
  importX25519,
  importX25519Secret,
  mlKem768PublicKey,
  mlKem768Secret,
  newX25519Secret,
  sha3_256,
  shake256,
  x25519,
  x25519PublicKey,
} from '#crypto';
import { concatBytes } from '../../core/bytes/writer.ts';
import type { Encapsulation, X25519PublicKey, X25519Secret } from '../../core/crypto/kem-port.ts';
import { type Encapsulated, KEM_SECRET_SIZE, type Kem } from './kem.ts';

/** In bytes: each half, the one behind the other. */
const X_WING = { mlKemKey: 1184, mlKemCiphertext: 1088, x25519: 32, mlKemSeed: 64 } as const;

/** Its picture, `\.//^\`, in bytes. */
const LABEL = Uint8Array.of(0x5c, 0x2e, 0x2f, 0x2f, 0x5e, 0x5c);

/**
 * MLKEM768-X25519, known as X-Wing (draft-connolly-cfrg-xwing-kem; draft-ietf-hpke-pq): holds as
 * long as either half does.
 *
 * | | bytes |
 * |---|---|
 * | public key | ML-KEM-768 encapsulation key (1184) ‖ X25519 (32) |
 * | enc | ML-KEM-768 ciphertext (1088) ‖ X25519 (32) |
 * | secret | a seed (32): SHAKE256 of it is d ‖ z ‖ the scalar |
 */
export const X_WING_KEM: Kem = {
  id: 0x647a,
  publicKeySize: X_WING.mlKemKey + X_WING.x25519,
  encSize: X_WING.mlKemCiphertext + X_WING.x25519,
  encapsulationKey: (publicKey) => {
    const halves = halvesOf(publicKey);
    const mlKem = halves && importMlKem768(halves.mlKem);
    if (!halves || !mlKem) return undefined;
    return {
      encapsulate: () => combineTo(encapsulateMlKem768(mlKem), newX25519Secret(), halves.x25519),
    };
  },
  decapsulationKey: (secret) => {
    if (secret.length !== KEM_SECRET_SIZE) throw new RangeError('a seed of 32 bytes is wanted');
    const expanded = shake256(secret, X_WING.mlKemSeed + X_WING.x25519);
    const mlKem = mlKem768Secret(expanded.subarray(0, X_WING.mlKemSeed));
    const scalar = importX25519Secret(expanded.subarray(X_WING.mlKemSeed));
    expanded.fill(0);
    const point = x25519PublicKey(scalar);
    return {
      publicKey: concatBytes(mlKem768PublicKey(mlKem), point),
      decapsulate: (enc) => {
        const ephemeral = enc.subarray(X_WING.mlKemCiphertext);
        const first = decapsulateMlKem768(mlKem, enc.subarray(0, X_WING.mlKemCiphertext));
        const other = importX25519(ephemeral);
        const second = first && other && x25519(scalar, other);
        return second && combine(first, second, ephemeral, point);
      },
      erase: () => {
        eraseKemSecret(mlKem);
        eraseKemSecret(scalar);
      },
    };
  },
};

/** An X25519 public key as its owner wrote it, and imported. */
export interface Point {
  readonly bytes: Uint8Array;
  readonly key: X25519PublicKey;
}

/** @returns undefined when the length is wrong. */
export function halvesOf(
  publicKey: Uint8Array,
): { readonly mlKem: Uint8Array; readonly x25519: Point } | undefined {
  const bytes = publicKey.slice(X_WING.mlKemKey);
  const key = importX25519(bytes);
  return key && { mlKem: publicKey.subarray(0, X_WING.mlKemKey), x25519: { bytes, key } };
}

/**
 * @param ephemeral used once.
 * @returns undefined when the point is one of small order.
 */
export function combineTo(
  mlKem: Encapsulation,
  ephemeral: X25519Secret,
  recipient: Point,
): Encapsulated | undefined {
  const point = x25519PublicKey(ephemeral);
  const second = x25519(ephemeral, recipient.key);
  return (
    second && {
      enc: concatBytes(mlKem.ciphertext, point),
      sharedSecret: combine(mlKem.sharedSecret, second, point, recipient.bytes),
    }
  );
}

/** @param ephemeral its public half. */
function combine(
  mlKem: Uint8Array,
  dh: Uint8Array,
  ephemeral: Uint8Array,
  recipient: Uint8Array,
): Uint8Array {
  return sha3_256(concatBytes(mlKem, dh, ephemeral, recipient, LABEL));
}
