import { base64Bytes } from '../../appraisal/binding/members.ts';
import { toBase64 } from '../../core/encoding/base64.ts';
import { malformed } from '../../core/fault.ts';
import type { Form } from './form.ts';

/** Standard base64 of at most `most` bytes; none is a piece like any other. */
export function base64(most: number): Form<Uint8Array> {
  return {
    write: (value) => inPieces(value),
    read: (value, path) => {
      if (typeof value !== 'string') throw malformed(path, 'want a string');
      return value === '' ? new Uint8Array() : base64Bytes(value, path, most);
    },
  };
}

/** Of a length that base64 does not fill up. */
const PIECE = 3 * 8192;

/** Not in one go: text that grows by characters takes many times its length in memory. */
function inPieces(bytes: Uint8Array): string {
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; at += PIECE) {
    pieces.push(toBase64(bytes.subarray(at, at + PIECE)));
  }
  return pieces.join('');
}
