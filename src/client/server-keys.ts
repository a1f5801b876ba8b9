import { sha256 } from '#crypto';
import type { Keyset } from '../appraisal/binding/keyset.ts';
import type { BundleVerification } from '../appraisal/bundle/verifier.ts';
import { equalBytes } from '../core/bytes/equal.ts';
import { parseSshKeyBlob, type SshPublicKey } from '../core/ssh/public-key.ts';

/** A key of a TLS server that a keyset lists. */
export interface TlsServerKey {
  /** SubjectPublicKeyInfo in DER. */
  readonly spki: Uint8Array;
  readonly spkiSha256: Uint8Array;
  /** As the keyset names the server. */
  readonly host: string;
}

/** Keys that a machine serves SSH and TLS with: in its keyset, and shown to be held by it. */
export interface ServerKeys {
  readonly sshHostKeys: readonly SshPublicKey[];
  readonly tlsKeys: readonly TlsServerKey[];
}

/** What is listed only is left out: a keyset has but hashes, and nothing signed with those keys. */
export function serverKeys(
  { keys }: Keyset,
  { checks, binding }: Pick<BundleVerification, 'checks' | 'binding'>,
): ServerKeys {
  const held = checks.some(
    ({ id, outcome }) => id === 'bundle.binding.possession' && outcome === 'pass',
  );
  const shown = held ? (binding?.shown?.keys ?? []) : [];
  return {
    sshHostKeys: shown
      .filter(({ use }) => use === 'ssh-host')
      .map(({ key }) => parseSshKeyBlob(key, 'possession')),
    tlsKeys: shown.flatMap(({ use, key: spki }) => {
      if (use !== 'tls') return [];
      const spkiSha256 = sha256(spki);
      const listed = keys.filter(
        (key) => key.use === 'tls' && equalBytes(key.spkiSha256, spkiSha256),
      );
      return listed.flatMap((key) =>
        key.use === 'tls' ? { spki, spkiSha256, host: key.host } : [],
      );
    }),
  };
}
