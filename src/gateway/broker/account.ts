import { toHex } from '../../core/bytes/hex.ts';
import { lengthPrefixed } from '../../core/bytes/length-prefixed.ts';
import { utf8 } from '../../core/bytes/text.ts';
import { hmacSha256 } from '../../core/crypto/hmac.ts';

/**
 * What nodes are told of who asks: the same for the same credential, and nothing to anybody
 * without the key. HMAC-SHA-256(key, LP("postern/account/v1") ‖ LP(id)), 16 bytes of it in hex.
 *
 * @param credential id of the credential.
 */
export function accountName(key: Uint8Array, credential: string): string {
  const name = hmacSha256(key, lengthPrefixed(utf8('postern/account/v1'), utf8(credential)));
  return toHex(name.subarray(0, 16));
}

/**
 * A key for the above that is known to all gateways of a database, since the one is that it is
 * derived from: HMAC-SHA-256(secret, LP("postern/account-key/v1")).
 */
export function accountKeyOf(secret: Uint8Array): Uint8Array {
  return hmacSha256(secret, lengthPrefixed(utf8('postern/account-key/v1')));
}
