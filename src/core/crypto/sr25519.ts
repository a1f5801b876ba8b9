import { ristretto255 } from '@noble/curves/ed25519.js';
import { verify } from '@scure/sr25519';

declare const brand: unique symbol;

/** An element of ristretto255 other than the neutral one; opaque to everybody but its maker. */
export type Sr25519PublicKey = object & { readonly [brand]: 'sr25519' };

/**
 * @param point as RFC 9496 section 4.3.2 encodes it, 32 bytes.
 * @returns undefined when the length is wrong, the bytes are not the one encoding of an element,
 *   or it is the neutral one, under which anybody can sign.
 */
export function importSr25519(point: Uint8Array): Sr25519PublicKey | undefined {
  try {
    const element = ristretto255.Point.fromBytes(point);
    if (element.equals(ristretto255.Point.ZERO)) return undefined;
  } catch {
    return undefined;
  }
  return new Uint8Array(point) as object as Sr25519PublicKey;
}

/**
 * Schnorrkel's signature under the signing context `substrate`, as the chains of that family and
 * their wallets make it. Nothing is put around the message: browser extensions that add
 * `<Bytes>…</Bytes>` sign something else. Takes milliseconds, where Ed25519 takes a tenth of one.
 *
 * @param signature R ‖ s with schnorrkel's mark in the highest bit, 64 bytes. Any other length is
 *   false, as are a missing mark (signatures of before its audit), an R that is no element in its
 *   one encoding, and s not below the group order.
 */
export function verifySr25519(
  key: Sr25519PublicKey,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  try {
    return verify(message, signature, key as object as Uint8Array);
  } catch {
    return false; // the library throws for a signature that can not be one
  }
}
