import { sha256 } from '#crypto';
import { equalBytes } from '../../../core/bytes/equal.ts';
import { toHex } from '../../../core/bytes/hex.ts';
import { fromUtf8, utf8 } from '../../../core/bytes/text.ts';
import { canonicalJson } from '../../../core/encoding/jcs.ts';
import { type JsonValue, parseJson } from '../../../core/encoding/json.ts';
import { malformed } from '../../../core/fault.ts';

/** A JSON document in its one form (RFC 8785), so that its digest is the document's only name. */
export interface CanonicalDocument {
  readonly bytes: Uint8Array;
  readonly value: JsonValue;
  /** `sha256:` and 64 lower-case hex digits, of `bytes`. */
  readonly digest: string;
}

/** @throws Fault `malformed` at `path…`, also when the bytes are another form of the same value. */
export function readCanonicalDocument(bytes: Uint8Array, path: string): CanonicalDocument {
  const { value } = parseJson(fromUtf8(bytes, path), path);
  if (!equalBytes(utf8(canonicalJson(value, path)), bytes)) {
    throw malformed(path, 'not in the canonical form of RFC 8785');
  }
  return { bytes, value, digest: digestOf(bytes) };
}

export function makeCanonicalDocument(value: JsonValue, path: string): CanonicalDocument {
  const bytes = utf8(canonicalJson(value, path));
  return { bytes, value, digest: digestOf(bytes) };
}

/** How policies and their parts are named: `sha256:` and 64 lower-case hex digits. */
export function digestOf(bytes: Uint8Array): string {
  return `sha256:${toHex(sha256(bytes))}`;
}
