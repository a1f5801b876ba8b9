import { sha384 } from '#crypto';
import { toHex } from '../../../core/bytes/hex.ts';
import { utf8 } from '../../../core/bytes/text.ts';
import { concatBytes } from '../../../core/bytes/writer.ts';
import { canonicalJson } from '../../../core/encoding/jcs.ts';
import { DSTACK_RUNTIME_EVENT } from './event-types.ts';

/** 0x08000001, little-endian. */
const TYPE = Uint8Array.of(0x01, 0x00, 0x00, 0x08);
const COLON = utf8(':');

/**
 * Version 1 of dstack's runtime events: SHA-384 of `type ‖ ":" ‖ name ‖ ":" ‖ payload`.
 *
 * Nothing marks where the name ends: `a:b` with `c` has the digest of `a` with `b:c`.
 */
export function dstackDigestV1(name: string, payload: Uint8Array): Uint8Array {
  return sha384(concatBytes(TYPE, COLON, utf8(name), COLON, payload));
}

/** Version 2: SHA-384 of the RFC 8785 text of name, payload (lower-case hex) and type. */
export function dstackDigestV2(name: string, payload: Uint8Array): Uint8Array {
  const event = { name, payload: toHex(payload), type: DSTACK_RUNTIME_EVENT };
  return sha384(utf8(canonicalJson(event, 'event_log')));
}
