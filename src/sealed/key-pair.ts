import { type DecapsulationKey, KEM_SECRET_SIZE } from './kem/kem.ts';
import { kemById } from './kem/kems.ts';
import type { KeyConfig } from './key-config.ts';
import { algorithmText, type Suite } from './suite.ts';

/** A key that requests are sealed to, with its private half. */
export interface SealedKeyPair {
  readonly config: KeyConfig;
  /** Nenc of its KEM, in bytes. */
  readonly encSize: number;
  /**
   * Forgets the private half. What JavaScript held of it is zeros after that; memory of OpenSSL is
   * wiped when the runtime frees it, which it does when it likes.
   */
  readonly erase: () => void;
  /** @throws RangeError once it is erased. */
  readonly decapsulate: DecapsulationKey['decapsulate'];
}

/**
 * A new key pair for one suite.
 *
 * @param options.keyId 0 to 255.
 * @throws RangeError for a KEM that can't be used here.
 */
export function makeKeyPair(options: {
  readonly keyId: number;
  readonly suite: Suite;
  readonly randomBytes: (length: number) => Uint8Array;
}): SealedKeyPair {
  const { keyId, suite } = options;
  const secret = options.randomBytes(KEM_SECRET_SIZE);
  try {
    return keyPairFrom(secret, { keyId, kem: suite.kem, suites: [suite] });
  } finally {
    secret.fill(0);
  }
}

/** @param secret skRm of the KEM, 32 bytes; still the caller's to wipe. */
export function keyPairFrom(
  secret: Uint8Array,
  { keyId, kem, suites }: Omit<KeyConfig, 'publicKey'>,
): SealedKeyPair {
  const mechanism = kemById(kem);
  if (!mechanism) throw new RangeError(`no KEM ${algorithmText(kem)} here`);
  let key: DecapsulationKey | undefined = mechanism.decapsulationKey(secret);
  const { publicKey } = key;
  return {
    config: { keyId, kem, publicKey, suites: suites.map(({ kdf, aead }) => ({ kdf, aead })) },
    encSize: mechanism.encSize,
    erase: () => {
      key?.erase();
      key = undefined;
    },
    decapsulate: (enc) => {
      if (!key) throw new RangeError(`the key ${keyId} is erased`);
      return key.decapsulate(enc);
    },
  };
}
