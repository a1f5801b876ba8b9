import { utf8 } from '../../src/core/bytes/text.ts';
import { concatBytes } from '../../src/core/bytes/writer.ts';
import { ED25519_KEY } from './keyset.ts';

/** An SSH public key's wire form: each string behind its length. */
export function sshBlob(algorithm: string, ...strings: readonly Uint8Array[]): Uint8Array {
  const prefixed = [utf8(algorithm), ...strings].map((string) =>
    concatBytes(Uint8Array.of(0, 0, string.length >> 8, string.length & 0xff), string),
  );
  return concatBytes(...prefixed);
}

export function sshLine(algorithm: string, blob: Uint8Array): string {
  return `${algorithm} ${Buffer.from(blob).toString('base64')}`;
}

export const ED25519_LINE = sshLine('ssh-ed25519', sshBlob('ssh-ed25519', ED25519_KEY));

const NISTP256 = 'ecdsa-sha2-nistp256';
export const ECDSA_LINE = sshLine(
  NISTP256,
  sshBlob(NISTP256, utf8('nistp256'), new Uint8Array(65).fill(4)),
);
