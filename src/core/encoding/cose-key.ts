import { importEd25519, importP256, importP384 } from '#crypto';
import { fromUtf8 } from '../bytes/text.ts';
import { concatBytes } from '../bytes/writer.ts';
import type { Ed25519PublicKey, P256PublicKey, P384PublicKey } from '../crypto/port.ts';
import { Fault, malformed } from '../fault.ts';
import { parsePublicKey } from '../x509/public-key.ts';
import { parsePublicKeyInfo } from '../x509/signed.ts';
import { decodeCbor } from './cbor.ts';
import { bytesOf, CborEntries, wrong } from './cbor-shape.ts';
import { fromPem } from './pem.ts';

/** A key that COSE messages are verified with. What it is decides what it verifies, not the message. */
export type CoseKey =
  | { readonly algorithm: 'ed25519'; readonly key: Ed25519PublicKey }
  | { readonly algorithm: 'p256'; readonly key: P256PublicKey }
  | { readonly algorithm: 'p384'; readonly key: P384PublicKey };

/** Labels of COSE_Key (RFC 9052 section 7.1, RFC 9053 section 7). */
const LABEL = { kty: 1, crv: -1, x: -2, y: -3, d: -4 } as const;
const OKP = 1;
const EC2 = 2;
const CURVE = { p256: 1, p384: 2, ed25519: 6 } as const;

/**
 * A public key as COSE_Key (RFC 9052 section 7), with both coordinates of a point.
 *
 * @throws Fault `malformed`, `unsupported` for a kind of key that is none of {@link CoseKey}, and
 *   `usage` for a private key, which has no business here.
 */
export function parseCoseKey(bytes: Uint8Array, at: string): CoseKey {
  const entries = new CborEntries(decodeCbor(bytes, at), at, LABEL);
  if (entries.get(LABEL.d) !== undefined) throw new Fault('usage', at, 'is a private key');
  const kind = entries.need(LABEL.kty).value;
  const curve = entries.need(LABEL.crv).value;
  const x = bytesOf(entries.need(LABEL.x));
  if (kind === OKP && curve === CURVE.ed25519) {
    const key = importEd25519(x);
    if (key === undefined) throw malformed(at, 'no point of edwards25519 to rely on');
    return { algorithm: 'ed25519', key };
  }
  if (kind !== EC2 || (curve !== CURVE.p256 && curve !== CURVE.p384)) {
    throw new Fault('unsupported', at, 'want an Ed25519, P-256 or P-384 key');
  }
  const y = entries.need(LABEL.y);
  if (!(y.value instanceof Uint8Array)) throw wrong(y.at, 'the whole coordinate', y.value);
  return pointOf(x, y.value, curve, at);
}

function pointOf(x: Uint8Array, y: Uint8Array, curve: 1 | 2, at: string): CoseKey {
  const size = curve === CURVE.p256 ? 32 : 48;
  if (x.length !== size || y.length !== size)
    throw malformed(at, `want ${size} bytes a coordinate`);
  const point = concatBytes(x, y);
  if (curve === CURVE.p256) {
    const key = importP256(point);
    if (key !== undefined) return { algorithm: 'p256', key };
  } else {
    const key = importP384(point);
    if (key !== undefined) return { algorithm: 'p384', key };
  }
  throw malformed(at, 'the point is not on its curve');
}

const PEM_BEGIN = 0x2d;

/**
 * A public key as COSE_Key, or as one PEM block `PUBLIC KEY`.
 *
 * @throws Fault as {@link parseCoseKey}.
 */
export function parseCoseKeyFile(bytes: Uint8Array, at: string): CoseKey {
  if (bytes[0] !== PEM_BEGIN) return parseCoseKey(bytes, at);
  const [der, ...more] = fromPem(fromUtf8(bytes, at), 'PUBLIC KEY', at);
  if (der === undefined || more.length > 0) throw malformed(at, 'want one public key');
  // SubjectPublicKeyInfo of Ed25519 is 44 bytes, that of the curves below twice as long.
  if (der.length < 64) return parsePublicKey(der, at);
  const info = parsePublicKeyInfo(der, at);
  if (info.kind === 'P-256') return { algorithm: 'p256', key: info.key };
  if (info.kind === 'P-384') return { algorithm: 'p384', key: info.key };
  throw new Fault('unsupported', at, `want an Ed25519, P-256 or P-384 key, got ${info.kind}`);
}
