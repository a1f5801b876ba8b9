import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import type { Encapsulation } from './kem-port.ts';

/**
 * ML-KEM-768 encapsulation with a message of the caller's (FIPS 203 algorithm 17): what known
 * answers are about. Node takes no such message, so that this is the portable one everywhere.
 *
 * @param key 1184 bytes that passed the modulus check.
 * @param message 32 bytes, fresh randomness when none is given.
 */
export function encapsulateMlKem768With(key: Uint8Array, message?: Uint8Array): Encapsulation {
  const { cipherText, sharedSecret } = ml_kem768.encapsulate(key, message);
  return { ciphertext: cipherText, sharedSecret };
}
