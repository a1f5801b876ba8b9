import { concatBytes } from '../../core/bytes/writer.ts';
import { toBase64 } from '../../core/encoding/base64.ts';
import { malformed } from '../../core/fault.ts';
import { wantKeyName } from './key-name.ts';
import { KEY_TYPES, type KeyType, keyId, parseKeyText } from './verifier-key.ts';

/** The secret half, as text: what it signs with is made elsewhere, where secrets are at home. */
export interface SignerKey {
  readonly name: string;
  /** Of the public key. */
  readonly id: string;
  readonly type: KeyType;
  /** 32 bytes, of Ed25519 (RFC 8032) and ML-DSA (FIPS 204) alike. */
  readonly seed: Uint8Array;
}

const PREFIX = 'PRIVATE+KEY+';
const SEED_SIZE = 32;

/**
 * `PRIVATE+KEY+<name>+<id in hex>+<base64 of type and seed>`, as Go's note package writes it.
 *
 * @throws Fault `malformed` for anything else; the text itself is in no message. Whether the id is
 *   that of the seed's public key is for {@link wantSignerId} to say.
 */
export function parseSignerKey(text: string, at = 'key'): SignerKey {
  if (!text.startsWith(PREFIX)) throw malformed(at, `want ${PREFIX}<name>+<id>+<base64>`);
  const { name, id, type, key } = parseKeyText(text.slice(PREFIX.length), at);
  if (key.length !== SEED_SIZE) {
    throw malformed(`${at}.key`, `want a seed of ${SEED_SIZE} bytes, got ${key.length}`);
  }
  return { name, id, type, seed: key };
}

/** @param publicKey the one of the seed. @throws Fault `malformed` for a bad name. */
export function writeSignerKey(
  { name, type, seed }: Omit<SignerKey, 'id'>,
  publicKey: Uint8Array,
): string {
  wantKeyName(name, 'key.name');
  const encoded = toBase64(concatBytes(Uint8Array.of(KEY_TYPES[type].byte), seed));
  return `${PREFIX}${name}+${keyId(name, type, publicKey)}+${encoded}`;
}

/** @param publicKey the one of the seed. @throws Fault `malformed` when the id is another key's. */
export function wantSignerId(key: SignerKey, publicKey: Uint8Array, at = 'key'): void {
  const want = keyId(key.name, key.type, publicKey);
  if (key.id !== want) throw malformed(`${at}.id`, `want ${want} for this seed, got ${key.id}`);
}
