import { fromHex } from '../../core/bytes/hex.ts';
import { fromUtf8 } from '../../core/bytes/text.ts';
import { concatBytes } from '../../core/bytes/writer.ts';
import { fromBase64Url } from '../../core/encoding/base64url.ts';
import { parseJson } from '../../core/encoding/json.ts';
import { JsonShape } from '../../core/encoding/json-shape.ts';
import { Fault, malformed } from '../../core/fault.ts';
import { parsePublicKey } from '../../core/x509/public-key.ts';
import type { IssuerKey } from './verify-ear.ts';

/** SubjectPublicKeyInfo before x ‖ y of an uncompressed P-256 point (RFC 5480), and before an Ed25519 key (RFC 8410). */
const P256 = fromHex('3059301306072a8648ce3d020106082a8648ce3d03010703420004', 'spki');
const ED25519 = fromHex('302a300506032b6570032100', 'spki');

const LARGEST_SET = 64 * 1024;
const MOST_KEYS = 64;

/**
 * The keys of an issuer as JWK Set (RFC 7517): P-256 and Ed25519, each with its `kid`.
 *
 * @throws Fault `malformed` or `unsupported` at `jwks.keys[…]`, `usage` for a private key.
 */
export function importIssuerKeys(bytes: Uint8Array): readonly IssuerKey[] {
  if (bytes.length > LARGEST_SET) throw malformed('jwks', `larger than ${LARGEST_SET} bytes`);
  const keys = new JsonShape(parseJson(fromUtf8(bytes, 'jwks'), 'jwks').value, 'jwks').objects(
    'keys',
  );
  if (keys.length === 0 || keys.length > MOST_KEYS) {
    throw malformed('jwks.keys', `want 1 to ${MOST_KEYS} keys, got ${keys.length}`);
  }
  const imported = keys.map(importKey);
  const ids = imported.map(({ keyId }) => keyId);
  const twice = ids.find((id, i) => ids.indexOf(id) !== i);
  if (twice !== undefined)
    throw malformed('jwks.keys', `two keys with the kid ${JSON.stringify(twice)}`);
  return imported;
}

function importKey(shape: JsonShape): IssuerKey {
  if (shape.has('d'))
    throw new Fault('usage', shape.path, 'is a private key: nobody but the issuer should have it');
  const keyId = shape.string('kid');
  checkPurpose(shape);
  const [type, curve] = [shape.string('kty'), shape.string('crv')];
  const number = (name: string) => {
    const value = fromBase64Url(shape.string(name), `${shape.path}.${name}`);
    if (value.length === 32) return value;
    throw malformed(`${shape.path}.${name}`, `want 32 bytes, got ${value.length}`);
  };
  if (type === 'EC' && curve === 'P-256') {
    return { keyId, key: parsePublicKey(concatBytes(P256, number('x'), number('y')), shape.path) };
  }
  if (type === 'OKP' && curve === 'Ed25519') {
    return { keyId, key: parsePublicKey(concatBytes(ED25519, number('x')), shape.path) };
  }
  throw new Fault('unsupported', shape.path, `want EC P-256 or OKP Ed25519, got ${type} ${curve}`);
}

/** A key that its owner meant for something else signs no tokens (RFC 7517, sections 4.2 to 4.4). */
function checkPurpose(shape: JsonShape): void {
  if (shape.has('use') && shape.string('use') !== 'sig') {
    throw new Fault('unsupported', `${shape.path}.use`, 'want sig');
  }
  if (shape.has('key_ops') && !shape.strings('key_ops').includes('verify')) {
    throw new Fault('unsupported', `${shape.path}.key_ops`, 'want verify among them');
  }
  if (!shape.has('alg')) return;
  const algorithm = shape.string('alg');
  const want = shape.string('kty') === 'EC' ? ['ES256'] : ['EdDSA', 'Ed25519'];
  if (want.includes(algorithm)) return;
  throw new Fault(
    'unsupported',
    `${shape.path}.alg`,
    `want ${want.join(' or ')}, got ${algorithm}`,
  );
}
