import { decodeBase64, encodeBase64 } from '#crypto';
import { malformed } from '../fault.ts';

/**
 * Decodes standard base64 with its padding (RFC 4648 section 4), canonical form only:
 * no white space, no URL alphabet, no non-zero trailing bits.
 */
export function fromBase64(text: string, at: string): Uint8Array {
  const bytes = decodeBase64(text);
  if (bytes === undefined) throw malformed(at, isForm(text) ? TRAILING_BITS : 'not base64');
  return bytes;
}

const TRAILING_BITS = 'base64 with non-zero trailing bits';

function isForm(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}

export function toBase64(bytes: Uint8Array): string {
  return encodeBase64(bytes);
}
