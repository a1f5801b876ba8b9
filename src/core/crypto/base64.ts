/** A bit that no digit has, so that many can be looked at together. */
const NO_DIGIT = 0x40;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Six bits by character code, {@link NO_DIGIT} for what is no digit. */
const DIGITS = new Uint8Array(256).fill(NO_DIGIT);
for (let i = 0; i < ALPHABET.length; i++) DIGITS[ALPHABET.charCodeAt(i)] = i;

const encoder = new TextEncoder();

/** Canonical base64, or undefined. Not by atob, which forgives: to undo that takes longer. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const codes = encoder.encode(text);
  // UTF-8 is longer than the text where there is a character beyond ASCII.
  if (codes.length % 4 !== 0 || codes.length !== text.length) return undefined;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const digit = (i: number) => DIGITS[codes[i] ?? 0] ?? NO_DIGIT;
  const whole = codes.length - (padding > 0 ? 4 : 0);
  const bytes = new Uint8Array((codes.length / 4) * 3 - padding);
  let seen = 0;
  let length = 0;
  for (let i = 0; i < whole; i += 4) {
    const a = digit(i);
    const b = digit(i + 1);
    const c = digit(i + 2);
    const d = digit(i + 3);
    seen |= a | b | c | d;
    bytes[length] = (a << 2) | (b >> 4);
    bytes[length + 1] = (b << 4) | (c >> 2);
    bytes[length + 2] = (c << 6) | d;
    length += 3;
  }
  const [a, b, c] = lastDigits(padding, whole, digit);
  if (padding > 0) bytes[length] = (a << 2) | (b >> 4);
  if (padding === 1) bytes[length + 1] = (b << 4) | (c >> 2);
  const left = padding === 2 ? b & 0x0f : c & 0x03;
  return left === 0 && ((seen | a | b | c) & NO_DIGIT) === 0 ? bytes : undefined;
}

/** The digits before the padding; zeros where there is none. */
function lastDigits(
  padding: 0 | 1 | 2,
  start: number,
  digit: (i: number) => number,
): readonly [number, number, number] {
  if (padding === 0) return [0, 0, 0];
  return [digit(start), digit(start + 1), padding === 1 ? digit(start + 2) : 0];
}

export function encodeBase64(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
