import { malformed } from '../fault.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Decodes UTF-8; a byte that is not UTF-8 is an error, never U+FFFD, since signatures cover bytes. */
export function fromUtf8(bytes: Uint8Array, at: string): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw malformed(at, 'not valid UTF-8');
  }
}
