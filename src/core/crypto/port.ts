import type { AeadPort } from './aead-port.ts';
import type { KemPort } from './kem-port.ts';

declare const brand: unique symbol;

/** A point on NIST P-256 that was found to be on the curve; opaque to everybody but its maker. */
export type P256PublicKey = object & { readonly [brand]: 'p256' };

/** A point on NIST P-384 that was found to be on the curve; opaque to everybody but its maker. */
export type P384PublicKey = object & { readonly [brand]: 'p384' };

/** An RSA key of a size and exponent that is used in earnest; opaque to everybody but its maker. */
export type RsaPublicKey = object & { readonly [brand]: 'rsa' };

/** A point on edwards25519, not one of small order; opaque to everybody but its maker. */
export type Ed25519PublicKey = object & { readonly [brand]: 'ed25519' };

/** An ML-DSA-44 key of the right length (any such bytes are one); opaque to everybody but its maker. */
export type MlDsa44PublicKey = object & { readonly [brand]: 'ml-dsa-44' };

/** A hash of what is not at hand in one piece. */
export interface RunningHash {
  readonly update: (part: Uint8Array) => void;
  /** Once, at the end. */
  readonly digest: () => Uint8Array;
}

/**
 * The primitives that the pure rooms need, synchronous in every implementation.
 * Reached as `#crypto`: node:crypto in Node, audited JavaScript anywhere else.
 */
export interface CryptoPort extends AeadPort, KemPort {
  /** Equality of public bytes, as fast as memory is read; not for secrets. */
  readonly sameBytes: (a: Uint8Array, b: Uint8Array) => boolean;

  /**
   * Standard base64 with padding, canonical form only (RFC 4648 section 4). No cryptography, but
   * evidence of a machine is hundreds of KB of it, and platforms are many times quicker at it.
   *
   * @returns undefined for any other text.
   */
  readonly decodeBase64: (text: string) => Uint8Array | undefined;

  /** The same the other way. */
  readonly encodeBase64: (bytes: Uint8Array) => string;

  /** Whether a control character stands in a text, U+0000 to U+001F; here for the same reason. */
  readonly hasControl: (text: string) => boolean;

  readonly sha256: (data: Uint8Array) => Uint8Array;
  /** SHA-256 of what comes in parts. */
  readonly startSha256: () => RunningHash;
  readonly sha384: (data: Uint8Array) => Uint8Array;
  readonly sha512: (data: Uint8Array) => Uint8Array;

  /**
   * @param point affine coordinates x ‖ y, 64 bytes, big-endian.
   * @returns undefined when the length is wrong or the point is not on the curve.
   */
  readonly importP256: (point: Uint8Array) => P256PublicKey | undefined;

  /**
   * @param point affine coordinates x ‖ y, 96 bytes, big-endian.
   * @returns undefined when the length is wrong or the point is not on the curve.
   */
  readonly importP384: (point: Uint8Array) => P384PublicKey | undefined;

  /**
   * @param modulus big-endian without leading zeros; 2048 to 8192 bits.
   * @param exponent big-endian without leading zeros; odd, 3 to 4 bytes (65537 is what all use).
   * @returns undefined when either is outside of these bounds.
   */
  readonly importRsa: (modulus: Uint8Array, exponent: Uint8Array) => RsaPublicKey | undefined;

  /**
   * ECDSA over SHA-256 (FIPS 186-5).
   *
   * @param signature r ‖ s, 64 bytes, big-endian; any other length is false, as are r or s out of range.
   */
  readonly verifyP256: (key: P256PublicKey, message: Uint8Array, signature: Uint8Array) => boolean;

  /**
   * ECDSA over SHA-384 (FIPS 186-5).
   *
   * @param signature r ‖ s, 96 bytes, big-endian; any other length is false, as are r or s out of range.
   */
  readonly verifyP384: (key: P384PublicKey, message: Uint8Array, signature: Uint8Array) => boolean;

  /**
   * @param point as RFC 8032 section 5.1.2 encodes it, 32 bytes.
   * @returns undefined when the length is wrong, the point is not on the curve or of small order,
   *   or the encoding is not the canonical one.
   */
  readonly importEd25519: (point: Uint8Array) => Ed25519PublicKey | undefined;

  /**
   * Ed25519 (RFC 8032 section 5.1.7) by the equation without the cofactor: a signature that only
   * the other equation takes is refused, in every implementation.
   *
   * @param signature R ‖ S, 64 bytes; any other length is false, as is S not below the group order.
   */
  readonly verifyEd25519: (
    key: Ed25519PublicKey,
    message: Uint8Array,
    signature: Uint8Array,
  ) => boolean;

  /**
   * RSASSA-PSS over SHA-384 with MGF1-SHA-384 and a salt of exactly 48 bytes (RFC 8017 section 8.1).
   *
   * @param signature as long as the modulus; any other length is false.
   */
  readonly verifyRsaPssSha384: (
    key: RsaPublicKey,
    message: Uint8Array,
    signature: Uint8Array,
  ) => boolean;

  /**
   * RSASSA-PKCS1-v1_5 over SHA-256 (RFC 8017 section 8.2).
   *
   * @param signature as long as the modulus; any other length is false.
   */
  readonly verifyRsaPkcs1Sha256: (
    key: RsaPublicKey,
    message: Uint8Array,
    signature: Uint8Array,
  ) => boolean;

  /**
   * @param key pkEncode of FIPS 204 (algorithm 22), 1312 bytes.
   * @returns undefined when the length is wrong.
   */
  readonly importMlDsa44: (key: Uint8Array) => MlDsa44PublicKey | undefined;

  /**
   * ML-DSA-44 (FIPS 204 algorithm 3), pure, with an empty context.
   *
   * @param signature 2420 bytes; any other length is false.
   */
  readonly verifyMlDsa44: (
    key: MlDsa44PublicKey,
    message: Uint8Array,
    signature: Uint8Array,
  ) => boolean;
}
