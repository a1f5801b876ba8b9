import { fromHex } from '../../core/bytes/hex.ts';
import { concatBytes } from '../../core/bytes/writer.ts';
import { fromBase64, toBase64 } from '../../core/encoding/base64.ts';
import { Fault } from '../../core/fault.ts';
import {
  parseSshKeyBlob,
  SSH_ED25519,
  SSH_P256,
  type SshPublicKey,
  sshEd25519Blob,
  sshP256Blob,
} from '../../core/ssh/public-key.ts';
import { type PublicKey, parsePublicKey } from '../../core/x509/public-key.ts';

const ED25519_SIZE = 32;
const P256_POINT_SIZE = 65;
/** SubjectPublicKeyInfo up to the key itself (RFC 8410 section 4, RFC 5480 section 2). */
const SPKI_PREFIX = {
  [SSH_ED25519]: fromHex('302a300506032b6570032100', 'id-Ed25519'),
  [SSH_P256]: fromHex('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'id-ecPublicKey'),
} as const;

/** A key as SSH writes it. */
export function sshKeyOf({ algorithm, spki }: PublicKey): SshPublicKey {
  const blob =
    algorithm === 'ed25519'
      ? sshEd25519Blob(spki.subarray(-ED25519_SIZE))
      : sshP256Blob(spki.subarray(-P256_POINT_SIZE));
  return parseSshKeyBlob(blob, 'key');
}

/**
 * A key of SSH as certificates of TLS write it; undefined for one of another kind.
 *
 * @throws Fault `malformed` at `path`.
 */
export function publicKeyOf(
  { algorithm, blob }: SshPublicKey,
  path: string,
): PublicKey | undefined {
  if (algorithm !== SSH_ED25519 && algorithm !== SSH_P256) return undefined;
  const key = blob.subarray(algorithm === SSH_ED25519 ? -ED25519_SIZE : -P256_POINT_SIZE);
  return parsePublicKey(concatBytes(SPKI_PREFIX[algorithm], key), path);
}

/** Its fingerprint as OpenSSH writes it. */
export function sshFingerprint({ fingerprint }: Pick<SshPublicKey, 'fingerprint'>): string {
  return `SHA256:${toBase64(fingerprint).replace(/=+$/, '')}`;
}

/** @param text `SHA256:…`. @returns undefined for another text. */
export function fingerprintBytes(text: string): Uint8Array | undefined {
  const [, encoded] = /^SHA256:([A-Za-z0-9+/]{43})$/.exec(text) ?? [];
  if (encoded === undefined) return undefined;
  try {
    return fromBase64(`${encoded}=`, 'fingerprint');
  } catch (error) {
    // Its last character has bits that no byte has.
    if (error instanceof Fault && error.code === 'malformed') return undefined;
    throw error;
  }
}
