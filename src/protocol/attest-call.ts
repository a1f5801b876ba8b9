import { toHex } from '../core/bytes/hex.ts';
import { utf8 } from '../core/bytes/text.ts';

/** Of a bundle on the wire. */
export const BUNDLE_TYPE = 'application/vnd.postern.bundle+json';

/**
 * What a gateway posts to a node's endpoint, as `application/json`; the answer is a bundle whose
 * evidence commits to this challenge and purpose.
 */
export interface AttestCall {
  /** 32 bytes. */
  readonly nonce: Uint8Array;
  readonly purpose: string;
}

/** `{"nonce":"<64 lower-case hex digits>","purpose":"…"}`. */
export function writeAttestCall({ nonce, purpose }: AttestCall): Uint8Array {
  return utf8(JSON.stringify({ nonce: toHex(nonce), purpose }));
}
