import { importX25519, importX25519Secret } from '#crypto';
import { encapsulateMlKem768With } from '../../core/crypto/ml-kem-with.ts';
import { DHKEM_X25519, encapsulateX25519 } from './dhkem-x25519.ts';
import type { Encapsulated } from './kem.ts';
import { combineTo, halvesOf, X_WING_KEM } from './x-wing.ts';

/** Of the message of ML-KEM, in bytes. */
const MESSAGE = 32;

/**
 * Encapsulation with randomness of the caller's: what published vectors are about, and nothing
 * that a message may ever be sealed with.
 *
 * @param randomness the ephemeral scalar (X25519, 32 bytes), or ML-KEM's message and then the
 *   scalar (MLKEM768-X25519, 64 bytes).
 * @returns undefined for another KEM, or bytes that are no public key.
 */
export function encapsulateWith(
  kem: number,
  publicKey: Uint8Array,
  randomness: Uint8Array,
): Encapsulated | undefined {
  if (kem === DHKEM_X25519.id) {
    const point = importX25519(publicKey);
    return point && encapsulateX25519(importX25519Secret(randomness), point, publicKey);
  }
  const halves = kem === X_WING_KEM.id ? halvesOf(publicKey) : undefined;
  if (!halves) return undefined;
  return combineTo(
    encapsulateMlKem768With(halves.mlKem, randomness.subarray(0, MESSAGE)),
    importX25519Secret(randomness.subarray(MESSAGE)),
    halves.x25519,
  );
}
