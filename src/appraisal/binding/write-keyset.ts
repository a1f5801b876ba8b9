import { toHex } from '../../core/bytes/hex.ts';
import { utf8 } from '../../core/bytes/text.ts';
import { toBase64Url } from '../../core/encoding/base64url.ts';
import { formatTime } from '../../core/encoding/time.ts';
import type { Validity } from '../../core/x509/validity.ts';
import { parseKeyset } from './keyset.ts';

/** A key that an enclave made, as its keyset is to name it; see `keyset-key.ts`. */
export type OwnKey =
  | { readonly use: 'ohttp'; readonly config: Uint8Array }
  | { readonly use: 'tls'; readonly spkiSha256: Uint8Array; readonly host: string }
  | { readonly use: 'ssh-host'; readonly algorithm: string; readonly blobSha256: Uint8Array }
  | { readonly use: 'receipt'; readonly publicKey: Uint8Array };

export interface KeysetContents {
  readonly deployment: string;
  /** Whole seconds, in milliseconds since the epoch. */
  readonly validity: Validity;
  /** 32 bytes. */
  readonly agentConfigSha256: Uint8Array;
  readonly keys: readonly OwnKey[];
}

/**
 * The bytes of a keyset. They are what evidence commits to: whoever serves them serves these, and
 * never writes them anew.
 *
 * @throws Fault as `parseKeyset` does, for what no client would take.
 */
export function writeKeyset({
  deployment,
  validity,
  agentConfigSha256,
  keys,
}: KeysetContents): Uint8Array {
  const bytes = utf8(
    JSON.stringify({
      v: 1,
      deployment,
      not_before: formatTime(validity.from),
      not_after: formatTime(validity.to),
      agent_config_sha256: toHex(agentConfigSha256),
      keys: keys.map(written),
    }),
  );
  parseKeyset(bytes);
  return bytes;
}

function written(key: OwnKey): Readonly<Record<string, string>> {
  switch (key.use) {
    case 'ohttp':
      return { use: key.use, config: toBase64Url(key.config) };
    case 'tls':
      return { use: key.use, spki_sha256: toHex(key.spkiSha256), host: key.host };
    case 'ssh-host':
      return { use: key.use, alg: key.algorithm, blob_sha256: toHex(key.blobSha256) };
    case 'receipt':
      return { use: key.use, alg: 'ed25519', pub: toBase64Url(key.publicKey) };
  }
}
