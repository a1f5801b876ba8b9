import { malformed } from '../fault.ts';

const DIGITS = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));
const PAIRS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const ascii = new TextDecoder('latin1');

/** Digests, identifiers and their like: quicker in pieces. */
const SHORT = 64;

/** Lower-case hex, two digits a byte. */
export function toHex(bytes: Uint8Array): string {
  if (bytes.length <= SHORT) {
    let text = '';
    for (const byte of bytes) text += PAIRS[byte];
    return text;
  }
  // Not a string that grows: a long one is a heap of pieces, and strangers choose the length.
  const text = new Uint8Array(bytes.length * 2);
  let at = 0;
  for (const byte of bytes) {
    text[at++] = DIGITS[byte >> 4] ?? 0;
    text[at++] = DIGITS[byte & 15] ?? 0;
  }
  return ascii.decode(text);
}

function nibble(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/**
 * Decodes hex of either case.
 *
 * @param length exact number of bytes wanted, or undefined for any.
 * @throws Fault `malformed` at the given place; never decodes a part of a bad string.
 */
export function fromHex(text: string, at: string, length?: number): Uint8Array {
  if (length !== undefined && text.length !== length * 2) {
    throw malformed(at, `want ${length * 2} hex digits, got ${text.length} characters`);
  }
  if (text.length % 2 !== 0) throw malformed(at, 'odd number of hex digits');
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    const high = nibble(text.charCodeAt(2 * i));
    const low = nibble(text.charCodeAt(2 * i + 1));
    if (high < 0 || low < 0) throw malformed(at, `not a hex digit at character ${2 * i}`);
    bytes[i] = high * 16 + low;
  }
  return bytes;
}

/** True when the text is a non-empty run of whole hex bytes and nothing else. */
export function isHex(text: string): boolean {
  return text.length > 0 && text.length % 2 === 0 && /^[0-9a-fA-F]*$/.test(text);
}
