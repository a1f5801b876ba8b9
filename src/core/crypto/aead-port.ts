declare const brand: unique symbol;

/** A key together with the algorithm it is for; opaque to everybody but its maker. */
export type AeadKey = object & { readonly [brand]: 'aead' };

export type AeadName = 'aes-128-gcm' | 'aes-256-gcm' | 'chacha20-poly1305';

/** In bytes, of all algorithms here. */
export const AEAD_NONCE_SIZE = 12;
/** In bytes, of all algorithms here. */
export const AEAD_TAG_SIZE = 16;

/** In bytes. */
export const AEAD_KEY_SIZES: Readonly<Record<AeadName, number>> = {
  'aes-128-gcm': 16,
  'aes-256-gcm': 32,
  'chacha20-poly1305': 32,
};

/** @throws RangeError for any nonce but one of 12 bytes. */
export function checkNonce(nonce: Uint8Array): void {
  if (nonce.length !== AEAD_NONCE_SIZE) throw new RangeError('a nonce of 12 bytes is wanted');
}

/** Authenticated encryption (RFC 5116; RFC 8439 for ChaCha20-Poly1305), tag behind the ciphertext. */
export interface AeadPort {
  /** @returns undefined when the length is not the algorithm's. */
  readonly importAeadKey: (name: AeadName, key: Uint8Array) => AeadKey | undefined;

  /**
   * @param nonce 12 bytes, never twice under one key.
   * @param headroom bytes of zero in front of what is returned, for the caller's framing.
   * @returns headroom ‖ ciphertext ‖ tag.
   * @throws RangeError for a nonce of another length.
   */
  readonly sealAead: (
    key: AeadKey,
    nonce: Uint8Array,
    aad: Uint8Array,
    plaintext: Uint8Array,
    headroom: number,
  ) => Uint8Array;

  /**
   * @param sealed ciphertext ‖ tag.
   * @returns undefined when it is not authentic, or the nonce is of another length.
   */
  readonly openAead: (
    key: AeadKey,
    nonce: Uint8Array,
    aad: Uint8Array,
    sealed: Uint8Array,
  ) => Uint8Array | undefined;
}
