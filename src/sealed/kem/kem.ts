/** What setting up a context to somebody's key makes: `enc` goes on the wire, the secret stays. */
export interface Encapsulated {
  readonly enc: Uint8Array;
  readonly sharedSecret: Uint8Array;
}

/** Somebody's public key, imported and ready. */
export interface EncapsulationKey {
  /**
   * With fresh randomness of the platform's.
   *
   * @returns undefined when the key is one under which there are no secrets.
   */
  readonly encapsulate: () => Encapsulated | undefined;
}

/** One's own key. */
export interface DecapsulationKey {
  readonly publicKey: Uint8Array;
  /** @returns undefined for an `enc` that nobody honest makes, or of another length. */
  readonly decapsulate: (enc: Uint8Array) => Uint8Array | undefined;
  /** Overwrites what of the secret JavaScript can reach; not to be used after that. */
  readonly erase: () => void;
}

/** A key encapsulation mechanism (RFC 9180 section 4). */
export interface Kem {
  readonly id: number;
  /** Npk and Nenc, in bytes; Nsecret and Nsk are 32. */
  readonly publicKeySize: number;
  readonly encSize: number;
  /** @returns undefined for bytes that are no public key. */
  readonly encapsulationKey: (publicKey: Uint8Array) => EncapsulationKey | undefined;
  /** @param secret skRm, 32 bytes; @throws RangeError for another length. */
  readonly decapsulationKey: (secret: Uint8Array) => DecapsulationKey;
}

/** Nsk of all KEMs here, in bytes. */
export const KEM_SECRET_SIZE = 32;
