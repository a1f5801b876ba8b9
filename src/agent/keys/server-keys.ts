import { sha256 } from '#crypto';
import { possessionTranscript, type ShownKey } from '../../appraisal/binding/possession.ts';
import type { Challenge } from '../../appraisal/binding/transcript.ts';
import type { OwnKey } from '../../appraisal/binding/write-keyset.ts';
import type { AgentConfig } from '../config.ts';
import { makeSshHostKey, type SshHostKey } from './ssh-host-key.ts';
import { makeTlsKey, type TlsKey } from './tls-key.ts';

/**
 * Keys that the machine serves SSH and TLS with. Made once at each start: who knows a machine by
 * them keeps knowing it when its keyset changes, and every keyset lists them.
 */
export interface ServerKeys {
  readonly ssh: readonly SshHostKey[];
  readonly tls: TlsKey | undefined;
  /** As keysets name them. */
  readonly own: readonly OwnKey[];
  /** Each key as it is, with its signature over a challenge. */
  readonly shown: (challenge: Challenge) => readonly ShownKey[];
}

/** New keys, in memory alone. */
export function makeServerKeys({ ssh, tls }: Pick<AgentConfig, 'ssh' | 'tls'>): ServerKeys {
  const hostKeys = (ssh?.algorithms ?? []).map(makeSshHostKey);
  const tlsKey = tls === null ? undefined : makeTlsKey();
  const [host = ''] = tls?.names ?? [];
  return {
    ssh: hostKeys,
    tls: tlsKey,
    own: [
      ...hostKeys.map(({ algorithm, blob }) => ({
        use: 'ssh-host' as const,
        algorithm,
        blobSha256: sha256(blob),
      })),
      // A keyset has no key twice: of its names the first stands there, all in the certificate.
      ...(tlsKey ? [{ use: 'tls' as const, spkiSha256: sha256(tlsKey.spki), host }] : []),
    ],
    shown: (challenge) => [
      ...hostKeys.map(({ blob, sign }) => shown('ssh-host', blob, sign, challenge)),
      ...(tlsKey ? [shown('tls', tlsKey.spki, tlsKey.sign, challenge)] : []),
    ],
  };
}

function shown(
  use: ShownKey['use'],
  key: Uint8Array,
  sign: (message: Uint8Array) => Uint8Array,
  challenge: Challenge,
): ShownKey {
  return { use, key, signature: sign(possessionTranscript(challenge, { use, key })) };
}
