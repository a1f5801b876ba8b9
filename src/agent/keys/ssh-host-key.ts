import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { SSH_ED25519, SSH_P256, sshEd25519Blob, sshP256Blob } from '../../core/ssh/public-key.ts';
import { type SshSignature, writeSshSignature } from '../../core/ssh/signature.ts';

export const SSH_KEY_KINDS = ['ed25519', 'ecdsa-p256'] as const;
export type SshKeyKind = (typeof SSH_KEY_KINDS)[number];

/** An SSH host key, made in memory, that lives as long as the process. */
export interface SshHostKey {
  readonly kind: SshKeyKind;
  /** As SSH names it. */
  readonly algorithm: SshSignature['algorithm'];
  /** The public key in its wire form (RFC 4253 section 6.6). */
  readonly blob: Uint8Array;
  /** Ed25519, or P-256 over SHA-256 as r ‖ s; 64 bytes both. */
  readonly sign: (message: Uint8Array) => Uint8Array;
}

/** Ends with the 32 bytes of an Ed25519 key, or the 65 of an uncompressed point. */
function spkiTail(key: KeyObject, length: number): Uint8Array {
  return new Uint8Array(key.export({ format: 'der', type: 'spki' }).subarray(-length));
}

export function makeSshHostKey(kind: SshKeyKind): SshHostKey {
  if (kind === 'ed25519') {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    return {
      kind,
      algorithm: SSH_ED25519,
      blob: sshEd25519Blob(spkiTail(publicKey, 32)),
      sign: (message) => new Uint8Array(sign(null, message, privateKey)),
    };
  }
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    kind,
    algorithm: SSH_P256,
    blob: sshP256Blob(spkiTail(publicKey, 65)),
    sign: (message) =>
      new Uint8Array(sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' })),
  };
}

/** A signature as SSH writes it. */
export function sshSignature({ algorithm, sign }: SshHostKey, message: Uint8Array): Uint8Array {
  return writeSshSignature({ algorithm, signature: sign(message) });
}
