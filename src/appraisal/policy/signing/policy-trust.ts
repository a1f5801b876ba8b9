import { fromUtf8 } from '../../../core/bytes/text.ts';
import { parseEnvelope } from '../../../core/encoding/dsse.ts';
import { malformed } from '../../../core/fault.ts';
import { parsePublicKeyPem } from '../../../core/x509/public-key.ts';
import { type Check, type Verdict, worstOf } from '../../../evidence/verdict.ts';
import { followsOn } from './follows-on.ts';
import { type Keyring, keyringOfKeys, parseKeyring } from './keyring.ts';
import { type KnownRevision, revisionOf } from './revision.ts';
import { POLICY_PAYLOAD_TYPE, readPayload, verifySignedPolicy } from './signed-policy.ts';

/** What a keyring was read from, exact bytes: its file, or keys one by one in PEM. */
export type KeyringSource =
  | { readonly file: Uint8Array }
  | { readonly keys: readonly Uint8Array[]; readonly threshold: number };

/** On whose word a signed policy was taken, as it was given: enough to ask all of it again. */
export interface PolicyTrust {
  readonly keyring: KeyringSource;
  /** The instant that revocations and activation were asked about, in milliseconds since the epoch. */
  readonly at: number;
  /** Envelope of the revision that was accepted last, where one was given. */
  readonly previous?: Uint8Array;
  /** When the policy was first seen, where that was given; milliseconds since the epoch. */
  readonly firstSeen?: number;
}

export interface TrustedAgain {
  readonly verdict: Verdict;
  readonly checks: readonly Check[];
}

/**
 * Asks again whether a signed policy was one to decide by: enough signatures under the keyring of
 * then, no revocation at that instant, and that it follows on the revision before, where one was given.
 *
 * @throws Fault `malformed` or `unsupported` at `path…` for a keyring or a revision before that can't
 *   be read; nothing that envelope and revocations could cause.
 */
export function trustAgain(
  envelope: Uint8Array,
  revocations: readonly Uint8Array[],
  { keyring: source, at, previous, firstSeen }: PolicyTrust,
  path: string,
): TrustedAgain {
  const keyring = keyringFrom(source, `${path}.keyring`);
  const before = previous && readRevision(previous, `${path}.previous`);
  const signed = verifySignedPolicy({ envelope, keyring, revocations, at });
  const chain = followsOn(signed, before && { previous: before, firstSeen }, keyring, at);
  return {
    verdict: worstOf([signed.verdict, ...(chain ? [chain.verdict] : [])]),
    checks: [...signed.checks, ...(chain?.checks ?? [])],
  };
}

function keyringFrom(source: KeyringSource, path: string): Keyring {
  if ('file' in source) return parseKeyring(source.file, path);
  const keys = source.keys.map((pem, i) => {
    const at = `${path}.keys[${i}]`;
    return { owner: `key ${i + 1}`, publicKey: parsePublicKeyPem(fromUtf8(pem, at), at) };
  });
  if (new Set(keys.map(({ publicKey }) => publicKey.keyId)).size < keys.length) {
    throw malformed(`${path}.keys`, 'the same key twice');
  }
  if (source.threshold < 1 || source.threshold > keys.length) {
    throw malformed(`${path}.threshold`, `want 1 to ${keys.length}, the number of keys`);
  }
  return keyringOfKeys(keys, source.threshold);
}

function readRevision(envelope: Uint8Array, path: string): KnownRevision {
  const { payload, payloadType } = parseEnvelope(envelope, path);
  if (payloadType === POLICY_PAYLOAD_TYPE) return revisionOf(readPayload(payload));
  throw malformed(path, `want a signed policy, got ${JSON.stringify(payloadType)}`);
}
