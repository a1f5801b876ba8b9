import { importEd25519, verifyEd25519 } from '#crypto';
import { JsonShape } from '../../core/encoding/json-shape.ts';
import { malformed } from '../../core/fault.ts';
import { readJwsHeader, splitCompactJws } from './compact-jws.ts';

/**
 * The claims of a statement (see `signed-statement.ts`) that an Ed25519 key signed.
 *
 * @param publicKey 32 bytes; whose it is, the caller knows.
 * @throws Fault `malformed` at `<at>…`, at `<at>.signature` where it is not of this key.
 */
export function verifyEd25519Statement(
  token: string,
  type: string,
  publicKey: Uint8Array,
  at: string,
): JsonShape {
  const { header, payload, signed, signature } = splitCompactJws(token, at);
  const { algorithm } = readJwsHeader(header, type);
  if (algorithm !== 'EdDSA') {
    throw malformed(`${at}.header.alg`, `want EdDSA, got ${JSON.stringify(algorithm)}`);
  }
  const key = importEd25519(publicKey);
  if (key === undefined || !verifyEd25519(key, signed, signature)) {
    throw malformed(`${at}.signature`, 'is not one of this key');
  }
  return new JsonShape(payload, at);
}
