import { malformed } from '../fault.ts';
import { fromBase64, toBase64 } from './base64.ts';

/**
 * Decodes base64url without padding (RFC 7515 section 2), canonical form only: a number
 * that can be written in two ways is a key that can be looked up under two names.
 */
export function fromBase64Url(text: string, at: string): Uint8Array {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) {
    throw malformed(at, 'not base64url without padding');
  }
  const standard = text.replaceAll('-', '+').replaceAll('_', '/');
  return fromBase64(standard.padEnd(Math.ceil(text.length / 4) * 4, '='), at);
}

/** Without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
