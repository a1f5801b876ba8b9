import { fromUtf8, utf8 } from '../../core/bytes/text.ts';
import { fromBase64Url } from '../../core/encoding/base64url.ts';
import { type JsonValue, parseJson } from '../../core/encoding/json.ts';
import { JsonShape } from '../../core/encoding/json-shape.ts';
import { malformed } from '../../core/fault.ts';

/** A JWS in its compact serialisation (RFC 7515 section 7.1), taken apart; nothing is verified. */
export interface CompactJws {
  readonly header: JsonShape;
  readonly payload: JsonValue;
  /** The bytes that are signed. */
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
}

/** A machine of 8 GPUs and 4 switches has a token of some 10 KB. */
export const LARGEST_TOKEN = 256 * 1024;

/** @throws Fault `malformed` at `<at>…`; so also for members that are there twice. */
export function splitCompactJws(token: string, at: string): CompactJws {
  if (token.length > LARGEST_TOKEN) throw malformed(at, `larger than ${LARGEST_TOKEN} bytes`);
  const [header, payload, signature, ...more] = token.split('.');
  if (!header || !payload || !signature || more.length > 0) {
    throw malformed(at, 'want header, payload and signature, joined by dots');
  }
  return {
    header: new JsonShape(jsonPart(header, `${at}.header`), `${at}.header`),
    payload: jsonPart(payload, at),
    signed: utf8(`${header}.${payload}`),
    signature: fromBase64Url(signature, `${at}.signature`),
  };
}

/** Strictly: of two members of one name two readers would take one each. */
function jsonPart(text: string, path: string): JsonValue {
  return parseJson(fromUtf8(fromBase64Url(text, path), path), path).value;
}

/** What a header says of how it is signed: nothing to rely on. */
export interface JwsNamed {
  readonly algorithm: string;
  readonly keyId: string | undefined;
}

/**
 * @param type of what is stated; a token of another type is not taken for it.
 * @throws Fault `malformed` at the header's member.
 */
export function readJwsHeader(header: JsonShape, type: string): JwsNamed {
  const given = header.string('typ');
  if (given !== type) {
    throw malformed(`${header.path}.typ`, `want ${type}, got ${JSON.stringify(given)}`);
  }
  // Among others a key or a chain that came along, and extensions that nobody here understands.
  const other = header.names().find((name) => !['alg', 'typ', 'kid'].includes(name));
  if (other !== undefined) {
    throw malformed(header.path, `unknown member ${JSON.stringify(other)}`);
  }
  return {
    algorithm: header.string('alg'),
    keyId: header.has('kid') ? header.string('kid') : undefined,
  };
}
