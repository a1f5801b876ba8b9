declare const brand: unique symbol;

/** An ML-KEM-768 encapsulation key that passed the checks of FIPS 203 section 7.2; opaque. */
export type MlKem768PublicKey = object & { readonly [brand]: 'ml-kem-768 public' };

/** An ML-KEM-768 decapsulation key; opaque. */
export type MlKem768Secret = object & { readonly [brand]: 'ml-kem-768 secret' };

/** A u-coordinate on Curve25519 or its twist, 32 bytes of any value; opaque. */
export type X25519PublicKey = object & { readonly [brand]: 'x25519 public' };

/** An X25519 scalar; opaque. */
export type X25519Secret = object & { readonly [brand]: 'x25519 secret' };

/** What an encapsulation makes: one part for the wire, one to keep. */
export interface Encapsulation {
  readonly ciphertext: Uint8Array;
  readonly sharedSecret: Uint8Array;
}

/** Key agreement and key encapsulation, synchronous; fresh randomness is the platform's own. */
export interface KemPort {
  readonly sha3_256: (data: Uint8Array) => Uint8Array;

  /** SHAKE256 (FIPS 202), `length` bytes. */
  readonly shake256: (data: Uint8Array, length: number) => Uint8Array;

  /**
   * @param key ByteEncode of FIPS 203 (algorithm 13), 1184 bytes.
   * @returns undefined when the length is wrong or a coefficient is not below the modulus.
   */
  readonly importMlKem768: (key: Uint8Array) => MlKem768PublicKey | undefined;

  /** @param seed d ‖ z, 64 bytes (FIPS 203 section 7.1); @throws RangeError for another length. */
  readonly mlKem768Secret: (seed: Uint8Array) => MlKem768Secret;

  /** 1184 bytes. */
  readonly mlKem768PublicKey: (secret: MlKem768Secret) => Uint8Array;

  /** FIPS 203 algorithm 20: 1088 bytes and a shared secret of 32. */
  readonly encapsulateMlKem768: (key: MlKem768PublicKey) => Encapsulation;

  /**
   * FIPS 203 algorithm 21. A ciphertext of somebody else's gives 32 bytes that nobody knows
   * (implicit rejection), never an error.
   *
   * @returns undefined when the length is not 1088.
   */
  readonly decapsulateMlKem768: (
    secret: MlKem768Secret,
    ciphertext: Uint8Array,
  ) => Uint8Array | undefined;

  /** @returns undefined when the length is not 32. */
  readonly importX25519: (point: Uint8Array) => X25519PublicKey | undefined;

  /** A new one. */
  readonly newX25519Secret: () => X25519Secret;

  /** @param scalar 32 bytes, clamped when used; @throws RangeError for another length. */
  readonly importX25519Secret: (scalar: Uint8Array) => X25519Secret;

  /** 32 bytes. */
  readonly x25519PublicKey: (secret: X25519Secret) => Uint8Array;

  /**
   * RFC 7748 section 6.1, 32 bytes.
   *
   * @returns undefined for the all-zero value: the point was one of small order.
   */
  readonly x25519: (secret: X25519Secret, point: X25519PublicKey) => Uint8Array | undefined;

  /**
   * Overwrites what of a secret JavaScript can reach; it must not be used after that. Memory of
   * OpenSSL is out of reach: it is wiped when the key object is collected.
   */
  readonly eraseKemSecret: (secret: MlKem768Secret | X25519Secret) => void;
}
