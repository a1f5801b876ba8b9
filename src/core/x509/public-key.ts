import { importEd25519, sha256, verifyEd25519, verifyP256 } from '#crypto';
import { equalBytes } from '../bytes/equal.ts';
import { fromHex, toHex } from '../bytes/hex.ts';
import type { Ed25519PublicKey, P256PublicKey } from '../crypto/port.ts';
import { fromPem } from '../encoding/pem.ts';
import { Fault, malformed } from '../fault.ts';
import { ecdsaComponents, parsePublicKeyInfo } from './signed.ts';

/** A key that signs documents: policies, statements, checkpoints. */
export type PublicKey = {
  /** SubjectPublicKeyInfo in DER. One key has only one here, since points are taken in one form. */
  readonly spki: Uint8Array;
  /** SHA-256 of `spki` in lower-case hex. */
  readonly keyId: string;
} & (
  | { readonly algorithm: 'ed25519'; readonly key: Ed25519PublicKey }
  | { readonly algorithm: 'p256'; readonly key: P256PublicKey }
);

/** { id-Ed25519 }, no parameters, and the beginning of the BIT STRING (RFC 8410 section 4). */
const ED25519_PREFIX = fromHex('302a300506032b6570032100', 'id-Ed25519');
const ED25519_SIZE = ED25519_PREFIX.length + 32;

/**
 * @param der SubjectPublicKeyInfo of an Ed25519 or a P-256 key, the latter with a named curve and
 *   an uncompressed point: two spellings of one key would count as two signers.
 * @throws Fault `malformed`, or `unsupported` for a key of another kind, at `path…`.
 */
export function parsePublicKey(der: Uint8Array, path: string): PublicKey {
  // Its own copy: a key is kept for longer than the file that it came in.
  const spki = new Uint8Array(der);
  const keyId = toHex(sha256(spki));
  if (equalBytes(spki.subarray(0, ED25519_PREFIX.length), ED25519_PREFIX)) {
    if (spki.length !== ED25519_SIZE) throw malformed(path, 'want an Ed25519 key of 32 bytes');
    const key = importEd25519(spki.subarray(ED25519_PREFIX.length));
    if (key === undefined) throw malformed(path, 'no point of edwards25519 to rely on');
    return { algorithm: 'ed25519', key, spki, keyId };
  }
  const info = parsePublicKeyInfo(spki, path);
  if (info.kind === 'P-256') return { algorithm: 'p256', key: info.key, spki, keyId };
  throw new Fault('unsupported', path, `want an Ed25519 or P-256 key, got ${info.kind}`);
}

/**
 * One PEM block `PUBLIC KEY` (RFC 7468 section 13), and nothing else.
 *
 * @throws as {@link parsePublicKey}.
 */
export function parsePublicKeyPem(text: string, path: string): PublicKey {
  const [der, ...more] = fromPem(text, 'PUBLIC KEY', path);
  if (der === undefined || more.length > 0) throw malformed(path, 'want one public key');
  return parsePublicKey(der, path);
}

const P256_NUMBER = 32;

/**
 * @param signature Ed25519: 64 bytes. P-256 with SHA-256: 64 bytes are always r ‖ s, as JOSE and
 *   the examples of DSSE have it; any other length is ECDSA-Sig-Value in DER, as most libraries
 *   write it. (The rare DER of 64 bytes is refused so; it never means something else.)
 */
export function isSignedWith(
  { algorithm, key }: PublicKey,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (algorithm === 'ed25519') return verifyEd25519(key, message, signature);
  const numbers = signature.length === 2 * P256_NUMBER ? signature : fromDer(signature);
  return numbers !== undefined && verifyP256(key, message, numbers);
}

function fromDer(signature: Uint8Array): Uint8Array | undefined {
  try {
    return ecdsaComponents(signature, P256_NUMBER, 'signature');
  } catch (error) {
    if (error instanceof Fault && error.code === 'malformed') return undefined; // no signature
    throw error;
  }
}
