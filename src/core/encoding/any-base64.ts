import { malformed } from '../fault.ts';
import { fromBase64 } from './base64.ts';

/**
 * Base64 of either alphabet (RFC 4648 sections 4 and 5), padded or not, for formats that leave it
 * to the writer. Still only one alphabet a text, all or none of the padding, and no stray bits.
 */
export function fromAnyBase64(text: string, at: string): Uint8Array {
  if (/[-_]/.test(text) && /[+/]/.test(text)) throw malformed(at, 'base64 of two alphabets');
  const standard = text.replaceAll('-', '+').replaceAll('_', '/');
  const padded = standard.endsWith('=')
    ? standard
    : standard.padEnd(4 * Math.ceil(standard.length / 4), '=');
  // Of the three characters that may be added to one alone none are padding.
  if (padded.endsWith('===')) throw malformed(at, 'not base64');
  return fromBase64(padded, at);
}
