import { sha256 } from '#crypto';
import { fromHex, toHex } from '../../core/bytes/hex.ts';
import { concatBytes } from '../../core/bytes/writer.ts';
import type { JsonShape } from '../../core/encoding/json-shape.ts';
import { malformed } from '../../core/fault.ts';
import { sshEd25519Fingerprint } from '../../core/ssh/public-key.ts';
import type { Claims } from '../../evidence/verification.ts';
import { type KeyConfig, LARGEST_KEY_CONFIG, parseKeyConfig } from '../../sealed/key-config.ts';
import { base64UrlMember, lowerHexMember, onlyMembers, textMember } from './members.ts';

/** A key that the enclave made, and what it is for. */
export type KeysetKey =
  /** Requests are sealed to it. */
  | { readonly use: 'ohttp'; readonly config: Uint8Array; readonly parsed: KeyConfig }
  /** SHA-256 of the SubjectPublicKeyInfo: a renewed certificate with the same key stays the same. */
  | { readonly use: 'tls'; readonly spkiSha256: Uint8Array; readonly host: string }
  /** SHA-256 of the wire form, the `SHA256:…` of OpenSSH. */
  | { readonly use: 'ssh-host'; readonly algorithm: string; readonly blobSha256: Uint8Array }
  /** Usage and receipts are signed with it; Ed25519, 32 bytes. */
  | { readonly use: 'receipt'; readonly publicKey: Uint8Array };

const SSH_ALGORITHM = /^(?:ssh-ed25519|ecdsa-sha2-nistp(?:256|384|521))$/;
const HOST = /^[!-~]{1,253}$/;
const SHA256_SIZE = 32;
const ED25519_SIZE = 32;

/** SubjectPublicKeyInfo of an Ed25519 key up to its 32 bytes (RFC 8410 section 4). */
const ED25519_SPKI = fromHex('302a300506032b6570032100', 'Ed25519 SPKI');

/**
 * One entry of a keyset
 *
 *     { "use": "ohttp", "config": "<base64url of a key configuration, RFC 9458 section 3.1>" }
 *     { "use": "tls", "spki_sha256": "<hex>", "host": "…" }
 *     { "use": "ssh-host", "alg": "ssh-ed25519", "blob_sha256": "<hex>" }
 *     { "use": "receipt", "alg": "ed25519", "pub": "<base64url>" }
 *
 * A use that is not known is refused: who can't judge a key must not vouch for its keyset.
 *
 * @throws Fault `malformed` or `unsupported` at the member.
 */
export function parseKeysetKey(shape: JsonShape): KeysetKey {
  const use = shape.string('use');
  switch (use) {
    case 'ohttp': {
      onlyMembers(shape, ['use', 'config']);
      const config = base64UrlMember(shape, 'config', LARGEST_KEY_CONFIG);
      return { use, config, parsed: parseKeyConfig(config, `${shape.path}.config`) };
    }
    case 'tls':
      onlyMembers(shape, ['use', 'spki_sha256', 'host']);
      return {
        use,
        spkiSha256: lowerHexMember(shape, 'spki_sha256', SHA256_SIZE),
        host: textMember(shape, 'host', HOST, '1 to 253 visible characters'),
      };
    case 'ssh-host':
      onlyMembers(shape, ['use', 'alg', 'blob_sha256']);
      return {
        use,
        algorithm: textMember(shape, 'alg', SSH_ALGORITHM, 'ssh-ed25519 or ecdsa-sha2-nistp…'),
        blobSha256: lowerHexMember(shape, 'blob_sha256', SHA256_SIZE),
      };
    case 'receipt':
      onlyMembers(shape, ['use', 'alg', 'pub']);
      textMember(shape, 'alg', /^ed25519$/, 'ed25519');
      return { use, publicKey: receiptKey(shape) };
    default:
      throw malformed(
        `${shape.path}.use`,
        `want ohttp, tls, ssh-host or receipt, got ${JSON.stringify(use)}`,
      );
  }
}

function receiptKey(shape: JsonShape): Uint8Array {
  const key = base64UrlMember(shape, 'pub', ED25519_SIZE);
  if (key.length === ED25519_SIZE) return key;
  throw malformed(`${shape.path}.pub`, `want ${ED25519_SIZE} bytes, got ${key.length}`);
}

/**
 * Names under which the same key would be found in another entry, whatever its use there: one
 * key in two roles lets a signature or a session of one stand for the other's. Of TLS and SSH
 * only a hash is known, so that a key of these two in common can't be noticed.
 */
export function keyIdentities(key: KeysetKey): readonly string[] {
  switch (key.use) {
    case 'ohttp':
      return [`key ${toHex(key.parsed.publicKey)}`];
    case 'tls':
      return [`spki ${toHex(key.spkiSha256)}`];
    case 'ssh-host':
      return [`ssh ${toHex(key.blobSha256)}`];
    case 'receipt':
      return [
        `key ${toHex(key.publicKey)}`,
        `spki ${toHex(sha256(concatBytes(ED25519_SPKI, key.publicKey)))}`,
        `ssh ${toHex(sshEd25519Fingerprint(key.publicKey))}`,
      ];
  }
}

export function keysetKeyClaims(key: KeysetKey): Claims {
  switch (key.use) {
    case 'ohttp':
      return {
        use: key.use,
        keyId: key.parsed.keyId,
        kem: id(key.parsed.kem),
        suites: key.parsed.suites.map(({ kdf, aead }) => ({ kdf: id(kdf), aead: id(aead) })),
        configSha256: toHex(sha256(key.config)),
      };
    case 'tls':
      return { use: key.use, spkiSha256: toHex(key.spkiSha256), host: key.host };
    case 'ssh-host':
      return { use: key.use, algorithm: key.algorithm, blobSha256: toHex(key.blobSha256) };
    case 'receipt':
      return { use: key.use, algorithm: 'ed25519', publicKey: toHex(key.publicKey) };
  }
}

/** As the registry of HPKE writes it. */
function id(algorithm: number): string {
  return `0x${algorithm.toString(16).padStart(4, '0')}`;
}
