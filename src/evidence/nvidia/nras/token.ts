import { fromUtf8, utf8 } from '../../../core/bytes/text.ts';
import { fromBase64Url } from '../../../core/encoding/base64url.ts';
import { parseJson } from '../../../core/encoding/json.ts';
import { JsonShape } from '../../../core/encoding/json-shape.ts';
import { Fault, malformed } from '../../../core/fault.ts';

/** A JWT as read; whether to believe it is what the checks say. */
export interface Token {
  /** `overall`, or the device's name in the EAT, e.g. `GPU-0`. */
  readonly name: string;
  /** Where it stands, e.g. `eat.devices.GPU-0`. */
  readonly path: string;
  readonly algorithm: string;
  /** Id of the key; unsigned tokens of NVIDIA's own tools have none. */
  readonly kid: string | undefined;
  readonly payload: JsonShape;
  /** The token as it stands, all of it ASCII: what a submodule digest is taken of. */
  readonly compact: Uint8Array;
  /** The beginning of `compact` that the signature is over. */
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
}

/** Header members that change what is signed, or how to read it (RFC 7515 section 4.1.11, RFC 7797). */
const EXTENSIONS = ['crit', 'b64'];

/**
 * JWS Compact Serialization (RFC 7515 section 7.1) of a JSON object:
 * BASE64URL(header) `.` BASE64URL(payload) `.` BASE64URL(signature)
 *
 * Of the header only `alg` and `kid` are read. Keys and addresses of keys that it may bring along
 * (`jwk`, `jku`, `x5c`, `x5u`) are whatever its author likes.
 *
 * @throws Fault `malformed` or, for an extension of the format, `unsupported`, at `<path>.<part>`.
 */
export function parseToken(text: string, name: string, path: string): Token {
  const first = text.indexOf('.');
  const last = text.lastIndexOf('.');
  if (first === last) throw malformed(path, 'want three parts with dots between');
  const header = jsonPart(text.slice(0, first), `${path}.header`);
  const extension = EXTENSIONS.find((member) => header.has(member));
  if (extension !== undefined) {
    throw new Fault('unsupported', `${header.path}.${extension}`, 'an extension of JWS');
  }
  // A fourth part would leave a dot in the payload, which is no digit of base64url.
  const payload = jsonPart(text.slice(first + 1, last), `${path}.payload`);
  const signature = fromBase64Url(text.slice(last + 1), `${path}.signature`);
  const compact = utf8(text);
  return {
    name,
    path,
    algorithm: header.string('alg'),
    kid: header.has('kid') ? header.string('kid') : undefined,
    payload,
    compact,
    signed: compact.subarray(0, last),
    signature,
  };
}

function jsonPart(text: string, path: string): JsonShape {
  const { value } = parseJson(fromUtf8(fromBase64Url(text, path), path), path);
  return new JsonShape(value, path);
}
