import { malformed } from '../fault.ts';

/**
 * Decodes standard base64 with its padding (RFC 4648 section 4), canonical form only:
 * no white space, no URL alphabet, no non-zero trailing bits.
 */
export function fromBase64(text: string, at: string): Uint8Array {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) {
    throw malformed(at, 'not base64');
  }
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  if (btoa(binary) !== text) throw malformed(at, 'base64 with non-zero trailing bits');
  return bytes;
}

export function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
