declare const brand: unique symbol;

/** A point on NIST P-256 that was found to be on the curve; opaque to everybody but its maker. */
export type P256PublicKey = object & { readonly [brand]: 'p256' };

/**
 * The primitives that the pure rooms need, synchronous in every implementation.
 * Reached as `#crypto`: node:crypto in Node, audited JavaScript anywhere else.
 */
export interface CryptoPort {
  /** Equality of public bytes, as fast as memory is read; not for secrets. */
  readonly sameBytes: (a: Uint8Array, b: Uint8Array) => boolean;

  readonly sha256: (data: Uint8Array) => Uint8Array;
  readonly sha384: (data: Uint8Array) => Uint8Array;

  /**
   * @param point affine coordinates x ‖ y, 64 bytes, big-endian.
   * @returns undefined when the length is wrong or the point is not on the curve.
   */
  readonly importP256: (point: Uint8Array) => P256PublicKey | undefined;

  /**
   * ECDSA over SHA-256 (FIPS 186-5).
   *
   * @param signature r ‖ s, 64 bytes, big-endian; any other length is false, as are r or s out of range.
   */
  readonly verifyP256: (key: P256PublicKey, message: Uint8Array, signature: Uint8Array) => boolean;
}
