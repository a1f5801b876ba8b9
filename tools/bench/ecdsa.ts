import { type KeyObject, verify } from 'node:crypto';
import { concatBytes } from '../../src/core/bytes/writer.ts';

/** One ECDSA verification, ready to be handed to OpenSSL. */
export interface SignedMessage {
  readonly message: Uint8Array;
  /** DER: OpenSSL's own form, and its quickest. */
  readonly signature: Uint8Array;
}

/** A bench of refusals would measure nothing. */
export function mustVerify(
  hash: 'sha256' | 'sha384',
  key: KeyObject,
  { message, signature }: SignedMessage,
): void {
  if (!verify(hash, message, key, signature)) throw new Error('a limit measured a failure');
}

/**
 * ECDSA-Sig-Value: SEQUENCE { r INTEGER, s INTEGER }.
 *
 * @param signature r ‖ s, 64 or 96 bytes, big-endian.
 */
export function toSigValue(signature: Uint8Array): Uint8Array {
  const half = signature.length / 2;
  const numbers = concatBytes(
    toInteger(signature.subarray(0, half)),
    toInteger(signature.subarray(half)),
  );
  return concatBytes(Uint8Array.of(0x30, numbers.length), numbers);
}

function toInteger(number: Uint8Array): Uint8Array {
  const start = number.findIndex((byte) => byte !== 0);
  const magnitude = number.subarray(start);
  // A leading zero keeps the number positive.
  const padding = (magnitude[0] ?? 0) >= 0x80 ? [0] : [];
  return Uint8Array.of(0x02, padding.length + magnitude.length, ...padding, ...magnitude);
}
