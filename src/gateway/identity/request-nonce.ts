import { sha256 } from '#crypto';
import { toHex } from '../../core/bytes/hex.ts';
import { lengthPrefixed } from '../../core/bytes/length-prefixed.ts';
import { utf8 } from '../../core/bytes/text.ts';

/**
 * What a request's nonce is remembered by. Other things are spent in the same store, and other
 * keys may happen on the same nonce.
 *
 *     LP(x) = u32be(length of x) ‖ x
 *     SHA-256( LP("postern/request-nonce/v1") ‖ LP(keyid) ‖ LP(nonce) ), in lower-case hex
 */
export function requestNonceDigest(keyId: string, nonce: Uint8Array): string {
  return toHex(sha256(lengthPrefixed(utf8('postern/request-nonce/v1'), utf8(keyId), nonce)));
}
