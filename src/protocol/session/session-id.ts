import { sha256 } from '#crypto';
import { toHex } from '../../core/bytes/hex.ts';

/** 64 lower-case hex digits. */
export const SESSION_ID = /^[0-9a-f]{64}$/;

/**
 * The name of a sealed request, which both ends and whoever relays it can tell by themselves.
 *
 * @param enc what the KEM encapsulated, as the request begins with it behind its 7 bytes of header.
 */
export function sessionId(enc: Uint8Array): string {
  return toHex(sha256(enc));
}
