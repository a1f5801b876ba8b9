import { utf8 } from '../core/bytes/text.ts';
import { concatBytes } from '../core/bytes/writer.ts';
import { type Suite, u16be } from './suite.ts';

/** Key id, KEM, KDF, AEAD (RFC 9458 section 4.3), in bytes; `enc` follows. */
export const HEADER_SIZE = 7;

/** Header and `enc` of the largest suite, in bytes. */
export const LARGEST_REQUEST_HEADER = HEADER_SIZE + 1120;

/** Labels of a message that goes in chunks, and of one in one piece. */
export const LABELS = {
  chunked: { request: 'message/bhttp chunked request', response: 'message/bhttp chunked response' },
  whole: { request: 'message/bhttp request', response: 'message/bhttp response' },
} as const;

export type Framing = keyof typeof LABELS;

export function encodeHeader(keyId: number, { kem, kdf, aead }: Suite): Uint8Array {
  return concatBytes(Uint8Array.of(keyId), u16be(kem), u16be(kdf), u16be(aead));
}

/** What HPKE is told of a request: its label, a zero byte and its header. */
export function requestInfo(framing: Framing, header: Uint8Array): Uint8Array {
  return concatBytes(utf8(LABELS[framing].request), Uint8Array.of(0), header);
}
