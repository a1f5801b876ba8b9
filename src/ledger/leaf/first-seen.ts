import { sha256 } from '#crypto';
import { toHex } from '../../core/bytes/hex.ts';
import { utf8 } from '../../core/bytes/text.ts';
import type { LeafType } from './leaf.ts';

/**
 * The id of a leaf that a ledger needs once only, when it first meets something: half of a
 * SHA-256, so that whoever writes it a second time finds the id taken, and whoever asks finds it.
 *
 * @param digest of what is met, `sha256:<hex>`.
 */
export function firstSeenId(type: LeafType, digest: string): string {
  return toHex(sha256(utf8(`postern/first-seen/v1\n${type}\n${digest}\n`)).subarray(0, 16));
}
