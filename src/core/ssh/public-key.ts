import { importEd25519, importP256, sha256, verifyEd25519, verifyP256 } from '#crypto';
import { lengthPrefixed } from '../bytes/length-prefixed.ts';
import { fromUtf8, utf8 } from '../bytes/text.ts';
import { fromBase64, toBase64 } from '../encoding/base64.ts';
import { malformed } from '../fault.ts';
import { readSshStrings } from './strings.ts';

/** A public key in its wire form (RFC 4253 section 6.6). */
export interface SshPublicKey {
  /** `ssh-ed25519`, `ecdsa-sha2-nistp256`, …: as the wire form itself names it. */
  readonly algorithm: string;
  readonly blob: Uint8Array;
  /** SHA-256 of `blob`: what OpenSSH shows as `SHA256:…` and SSHFP carries. */
  readonly fingerprint: Uint8Array;
}

export const SSH_ED25519 = 'ssh-ed25519';
export const SSH_P256 = 'ecdsa-sha2-nistp256';
const P256_CURVE = 'nistp256';

/** RSA of 16384 bits is 2 KB. */
const LONGEST_LINE = 4096;
const ED25519_KEY_SIZE = 32;
const P256_POINT_SIZE = 65;
/** The algorithm, and at most exponent and modulus, or curve and point. */
const MOST_STRINGS = 3;

/**
 * `<algorithm> <base64>` and a comment behind it or none, as `ssh-keyscan` and `.pub` files write a
 * key. The wire form inside names the algorithm again: were they to differ, one client would look
 * for another kind of key than the next.
 *
 * @throws Fault `malformed` at `path`.
 */
export function parseSshPublicKey(line: string, path: string): SshPublicKey {
  if (line.length > LONGEST_LINE) throw malformed(path, `${line.length} characters`);
  const parts = /^([!-~]+) ([!-~]+)(?: [ -~]*)?$/.exec(line);
  const [, algorithm = '', encoded = ''] = parts ?? [];
  if (parts === null) throw malformed(path, 'want "<algorithm> <base64>", and a comment or none');
  const key = parseSshKeyBlob(fromBase64(encoded, path), path);
  if (key.algorithm !== algorithm) {
    throw malformed(path, `no key of ${JSON.stringify(algorithm)}`);
  }
  return key;
}

/**
 * A list of strings, the first of which names the algorithm.
 *
 * @param blob kept, not copied.
 * @throws Fault `malformed` at `path`.
 */
export function parseSshKeyBlob(blob: Uint8Array, path: string): SshPublicKey {
  const [inner, key, ...more] = readSshStrings(blob, MOST_STRINGS, path);
  if (inner === undefined || key === undefined) throw malformed(path, 'no key');
  const algorithm = fromUtf8(inner, path);
  if (!/^[!-~]{1,64}$/.test(algorithm)) throw malformed(path, 'an algorithm without a name');
  if (algorithm === SSH_ED25519 && (key.length !== ED25519_KEY_SIZE || more.length > 0)) {
    throw malformed(path, `want an Ed25519 key of ${ED25519_KEY_SIZE} bytes`);
  }
  return { algorithm, blob, fingerprint: sha256(blob) };
}

/** `<algorithm> <base64>`. */
export function sshKeyLine({ algorithm, blob }: Pick<SshPublicKey, 'algorithm' | 'blob'>): string {
  return `${algorithm} ${toBase64(blob)}`;
}

/** @param publicKey 32 bytes. */
export function sshEd25519Blob(publicKey: Uint8Array): Uint8Array {
  return lengthPrefixed(utf8(SSH_ED25519), publicKey);
}

/** @param point uncompressed, 65 bytes (RFC 5656 section 3.1). */
export function sshP256Blob(point: Uint8Array): Uint8Array {
  return lengthPrefixed(utf8(SSH_P256), utf8(P256_CURVE), point);
}

/** SHA-256 of the wire form of an Ed25519 key. */
export function sshEd25519Fingerprint(publicKey: Uint8Array): Uint8Array {
  return sha256(sshEd25519Blob(publicKey));
}

/**
 * Whether a key of one of the two kinds that enclaves make signed a message; false for every other
 * kind.
 *
 * @param signature Ed25519: 64 bytes; P-256 over SHA-256: r ‖ s, 64 bytes.
 */
export function verifySshKey(
  { blob }: SshPublicKey,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  const [name, first, second, ...more] = readSshStrings(blob, MOST_STRINGS, 'key');
  if (name === undefined || first === undefined || more.length > 0) return false;
  const algorithm = fromUtf8(name, 'key');
  if (algorithm === SSH_ED25519 && second === undefined) {
    const key = importEd25519(first);
    return key !== undefined && verifyEd25519(key, message, signature);
  }
  if (algorithm !== SSH_P256 || second === undefined) return false;
  if (fromUtf8(first, 'key') !== P256_CURVE || second.length !== P256_POINT_SIZE) return false;
  const key = second[0] === 4 ? importP256(second.subarray(1)) : undefined;
  return key !== undefined && verifyP256(key, message, signature);
}
