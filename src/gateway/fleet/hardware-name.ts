import { toHex } from '../../core/bytes/hex.ts';
import { lengthPrefixed } from '../../core/bytes/length-prefixed.ts';
import { utf8 } from '../../core/bytes/text.ts';
import { hmacSha256 } from '../../core/crypto/hmac.ts';
import type { HardwareId } from '../../ledger/leaf/salted.ts';

/**
 * By which the database tells one machine's hardware from another's, without a word about which:
 * whoever gets a copy of it can look up no chip.
 *
 *     name = HMAC-SHA-256(key, LP("postern/hardware/v1") ‖ LP(kind) ‖ LP(id))
 *
 * An id of zeros only is what hardware says that was told not to say who it is: it names nobody.
 *
 * @param key of all gateways that share the database, for good: under another nothing is known again.
 */
export function hardwareNames(key: Uint8Array, ids: readonly HardwareId[]): readonly string[] {
  const names = ids
    .filter(({ id }) => !/^0*$/.test(id))
    .map(({ kind, id }) =>
      toHex(hmacSha256(key, lengthPrefixed(utf8('postern/hardware/v1'), utf8(kind), utf8(id)))),
    );
  return [...new Set(names)].sort();
}
