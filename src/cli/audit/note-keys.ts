import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { fromHex } from '../../core/bytes/hex.ts';
import { utf8 } from '../../core/bytes/text.ts';
import { concatBytes } from '../../core/bytes/writer.ts';
import { LONGEST_NAME, wantKeyName } from '../../ledger/note/key-name.ts';
import type { NoteSigner } from '../../ledger/note/sign-note.ts';
import { type SignerKey, wantSignerId } from '../../ledger/note/signer-key.ts';
import {
  KEY_TYPES,
  type KeyType,
  type VerifierKey,
  verifierKey,
} from '../../ledger/note/verifier-key.ts';
import { asConfiguration } from '../configuration.ts';
import { usage } from '../io.ts';

/** A key that signs notes, and the half of it that verifies them. */
export interface NoteKey {
  readonly signer: NoteSigner;
  readonly verifier: VerifierKey;
}

/** PrivateKeyInfo (RFC 5208) up to the seed: of Ed25519 (RFC 8410) and, as a seed, of ML-DSA-44. */
const PKCS8_PREFIX: Readonly<Record<KeyType, string>> = {
  note: '302e020100300506032b657004220420',
  cosignature: '302e020100300506032b657004220420',
  'cosignature-ml-dsa-44': '3034020100300b06096086480165030403110422' + '8020',
};

/**
 * @param key as its text says; the secret stays in here.
 * @throws Fault `malformed` when its id is another key's.
 */
export function noteKeyOf(key: SignerKey, at: string): NoteKey {
  const made = noteKey(key);
  wantSignerId(key, made.verifier.publicKey, at);
  return made;
}

/** @throws Fault `usage` naming the option for a name that keys of both types can't have. */
export function wantNameOption(option: string, name: string): string {
  if (utf8(name).length > LONGEST_NAME)
    throw usage(`${option}: want at most ${LONGEST_NAME} bytes, got ${utf8(name).length}`);
  const scheme = /^[a-z][a-z0-9+.-]*:\/*/i.exec(name)?.[0];
  // A host and its port look like a scheme up to the colon.
  if (scheme?.endsWith('/')) {
    throw usage(
      `${option}: a name has no scheme: want ${name.slice(scheme.length) || 'example.org/log'}, got ${name}`,
    );
  }
  return asConfiguration(option, () => wantKeyName(name, 'name'));
}

/** @param seed 32 bytes. */
export function noteKey({ name, type, seed }: Omit<SignerKey, 'id'>): NoteKey {
  const secret = createPrivateKey({
    key: Buffer.from(concatBytes(fromHex(PKCS8_PREFIX[type], 'prefix'), seed)),
    format: 'der',
    type: 'pkcs8',
  });
  const verifier = verifierKey(name, type, publicHalf(secret, type));
  return {
    verifier,
    signer: { key: verifier, sign: (message) => new Uint8Array(sign(null, message, secret)) },
  };
}

/** SubjectPublicKeyInfo ends in the key itself. */
function publicHalf(secret: KeyObject, type: KeyType): Uint8Array {
  const info = createPublicKey(secret).export({ format: 'der', type: 'spki' });
  return new Uint8Array(info.subarray(info.length - KEY_TYPES[type].key));
}
