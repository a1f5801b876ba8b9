import { fromBase64 } from '../../core/encoding/base64.ts';
import { fromBase64Url } from '../../core/encoding/base64url.ts';
import type { JsonShape } from '../../core/encoding/json-shape.ts';
import { malformed } from '../../core/fault.ts';

/** A member that is not known was meant to say something; to pass over it is to disagree. */
export function onlyMembers(shape: JsonShape, known: readonly string[]): void {
  const unknown = shape.names().find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw malformed(shape.path, `unknown member ${JSON.stringify(unknown)}`);
}

/** A string that is this pattern whole; `want` says so in words. */
export function textMember(shape: JsonShape, name: string, pattern: RegExp, want: string): string {
  const text = shape.string(name);
  if (pattern.test(text)) return text;
  throw malformed(`${shape.path}.${name}`, `want ${want}`);
}

/** Exactly `length` bytes of lower-case hex: one value, one text. */
export function lowerHexMember(shape: JsonShape, name: string, length: number): Uint8Array {
  const bytes = shape.hex(name, length);
  if (!/[A-F]/.test(shape.string(name))) return bytes;
  throw malformed(`${shape.path}.${name}`, 'want lower-case hex');
}

/** Standard base64 of 1 to `most` bytes. */
export function base64Member(shape: JsonShape, name: string, most: number): Uint8Array {
  return base64Bytes(shape.string(name), `${shape.path}.${name}`, most);
}

/** Never empty: an empty piece would be one that is there and says nothing. */
export function base64Bytes(text: string, path: string, most: number): Uint8Array {
  return decoded(text, path, most, fromBase64);
}

/** Base64url without padding, of 1 to `most` bytes. */
export function base64UrlMember(shape: JsonShape, name: string, most: number): Uint8Array {
  return decoded(shape.string(name), `${shape.path}.${name}`, most, fromBase64Url);
}

function decoded(
  text: string,
  path: string,
  most: number,
  decode: (text: string, path: string) => Uint8Array,
): Uint8Array {
  // Before it is decoded: the sender chooses the length.
  if (text.length > 4 * Math.ceil(most / 3)) throw malformed(path, `larger than ${most} bytes`);
  const bytes = decode(text, path);
  if (bytes.length === 0 || bytes.length > most) {
    throw malformed(path, `want 1 to ${most} bytes, got ${bytes.length}`);
  }
  return bytes;
}
