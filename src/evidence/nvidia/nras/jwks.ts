import { importP384 } from '#crypto';
import { fromUtf8 } from '../../../core/bytes/text.ts';
import { concatBytes } from '../../../core/bytes/writer.ts';
import type { P384PublicKey } from '../../../core/crypto/port.ts';
import { fromBase64 } from '../../../core/encoding/base64.ts';
import { fromBase64Url } from '../../../core/encoding/base64url.ts';
import { parseJson } from '../../../core/encoding/json.ts';
import { JsonShape } from '../../../core/encoding/json-shape.ts';
import { malformed } from '../../../core/fault.ts';
import type { Validity } from '../../../core/x509/validity.ts';
import { expectCertifies } from './key-certificate.ts';

/** A set of 32 keys with their certificates has 81 KB. */
const LARGEST_JWKS = 1024 * 1024;

/** Bytes of a coordinate on P-384. */
const COORDINATE = 48;

/** Keys by their ids, looked at no closer than that. */
export type KeySet = ReadonlyMap<string, JsonShape>;

export interface SigningKey {
  readonly key: P384PublicKey;
  /** Of its certificate; undefined where the set has none. */
  readonly validity: Validity | undefined;
}

/**
 * A JWK set (RFC 7517 section 5). A key without an id can't be named by any token and is passed
 * over; an id twice is two answers to one question.
 *
 * @throws Fault `malformed` at `jwks.<member>`.
 */
export function parseJwks(bytes: Uint8Array): KeySet {
  if (bytes.length > LARGEST_JWKS) throw malformed('jwks', `${bytes.length} bytes`);
  const { value } = parseJson(fromUtf8(bytes, 'jwks'), 'jwks');
  const keys = new Map<string, JsonShape>();
  for (const jwk of new JsonShape(value, 'jwks').objects('keys')) {
    if (!jwk.has('kid')) continue;
    const kid = jwk.string('kid');
    if (keys.has(kid)) throw malformed(`${jwk.path}.kid`, `a second key ${JSON.stringify(kid)}`);
    keys.set(kid, jwk);
  }
  return keys;
}

/**
 * The key of one JWK (RFC 7518 section 6.2.1): EC on P-384, public, and for nothing but ES384
 * signatures where it says what it is for.
 *
 * @throws Fault `malformed` at `jwks.keys[i].<member>`.
 */
export function signingKey(jwk: JsonShape): SigningKey {
  expectMember(jwk, 'kty', 'EC');
  expectMember(jwk, 'crv', 'P-384');
  if (jwk.has('alg')) expectMember(jwk, 'alg', 'ES384');
  if (jwk.has('use')) expectMember(jwk, 'use', 'sig');
  if (jwk.has('key_ops') && !jwk.strings('key_ops').includes('verify')) {
    throw malformed(`${jwk.path}.key_ops`, 'a key that is not for verifying');
  }
  // With the private half beside it, anybody who read the set could have signed.
  if (jwk.has('d')) throw malformed(`${jwk.path}.d`, 'a private key');
  const point = concatBytes(coordinate(jwk, 'x'), coordinate(jwk, 'y'));
  const key = importP384(point);
  if (key === undefined) throw malformed(jwk.path, 'the point is not on P-384');
  const [leaf] = jwk.has('x5c') ? jwk.strings('x5c') : [undefined];
  if (leaf === undefined) {
    if (jwk.has('x5c')) throw malformed(`${jwk.path}.x5c`, 'no certificate');
    return { key, validity: undefined };
  }
  const path = `${jwk.path}.x5c[0]`;
  return { key, validity: expectCertifies(fromBase64(leaf, path), point, path) };
}

function expectMember(jwk: JsonShape, name: string, want: string): void {
  const got = jwk.string(name);
  if (got === want) return;
  throw malformed(`${jwk.path}.${name}`, `want ${want}, got ${JSON.stringify(got)}`);
}

function coordinate(jwk: JsonShape, name: 'x' | 'y'): Uint8Array {
  const path = `${jwk.path}.${name}`;
  const bytes = fromBase64Url(jwk.string(name), path);
  if (bytes.length === COORDINATE) return bytes;
  throw malformed(path, `want ${COORDINATE} bytes, got ${bytes.length}`);
}
