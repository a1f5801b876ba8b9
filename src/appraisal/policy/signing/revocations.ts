import { parseEnvelope } from '../../../core/encoding/dsse.ts';
import { verifyEnvelope } from '../../../core/encoding/dsse-signatures.ts';
import { parseUtcTimestamp } from '../../../core/encoding/time.ts';
import { Fault, malformed } from '../../../core/fault.ts';
import { type Keyring, publicKeysOf } from './keyring.ts';
import { parseRevocation, REVOCATION_PAYLOAD_TYPE, type Revocation } from './revocation.ts';
import { tooFewSigners } from './signature-finding.ts';

export interface RevocationRequest {
  /** Of the policy that is asked about. */
  readonly keyring: Keyring;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface RevocationsFound {
  /** Those that revoke the document at the instant; it is revoked when there is one. */
  readonly revokedBy: readonly Revocation[];
  /**
   * Those that don't, each with the reason. One that can't be read, or that too few keys signed,
   * revokes nothing: else anybody could take a policy away. It is never passed over in silence.
   */
  readonly ignored: readonly string[];
}

/**
 * Whether a policy is revoked at an instant, by the envelopes that are at hand. A revocation takes
 * effect at the time that it names, without any delay, and is never taken back. An instant that
 * is no time is after every revocation.
 *
 * It is the keyring of today that is asked: whoever takes a key out of it has the revocations that
 * only this key signed signed again by another, or what they revoked is valid once more.
 *
 * @param digest of the policy, `sha256:…`.
 * @throws nothing that an envelope could cause.
 */
export function revocationsOf(
  digest: string,
  envelopes: readonly Uint8Array[],
  { keyring, at }: RevocationRequest,
): RevocationsFound {
  const revokedBy: Revocation[] = [];
  const ignored: string[] = [];
  for (const [i, bytes] of envelopes.entries()) {
    const path = `revocation[${i}]`;
    try {
      const revocation = openRevocation(bytes, path, keyring);
      if (revocation.digest !== digest) {
        ignored.push(`${path}: revokes another document, ${revocation.digest}`);
      } else if (at < parseUtcTimestamp(revocation.revokedAt, path)) {
        ignored.push(`${path}: revokes from ${revocation.revokedAt} on`);
      } else {
        revokedBy.push(revocation);
      }
    } catch (error) {
      if (!(error instanceof Fault) || error.code === 'internal') throw error;
      ignored.push(error.message);
    }
  }
  return { revokedBy, ignored };
}

/** A revocation that enough keys signed, and the envelope that shows it. */
export interface SignedRevocation {
  readonly revocation: Revocation;
  readonly envelope: Uint8Array;
}

/** Those that enough keys signed; the others revoke nothing. @throws nothing that an envelope could cause. */
export function signedRevocations(
  envelopes: readonly Uint8Array[],
  keyring: Keyring,
): readonly SignedRevocation[] {
  return envelopes.flatMap((envelope, i) => {
    try {
      return [{ envelope, revocation: openRevocation(envelope, `revocation[${i}]`, keyring) }];
    } catch (error) {
      if (!(error instanceof Fault) || error.code === 'internal') throw error;
      return [];
    }
  });
}

/** @throws Fault `malformed` for what is no revocation, or not signed by enough of the keys. */
function openRevocation(bytes: Uint8Array, path: string, keyring: Keyring): Revocation {
  const envelope = parseEnvelope(bytes, path);
  if (envelope.payloadType !== REVOCATION_PAYLOAD_TYPE) {
    const got = JSON.stringify(envelope.payloadType);
    throw malformed(`${path}.payloadType`, `want ${REVOCATION_PAYLOAD_TYPE}, got ${got}`);
  }
  const signed = verifyEnvelope(envelope, publicKeysOf(keyring), keyring.revokeThreshold);
  const mismatch = tooFewSigners(signed, keyring);
  if (mismatch || signed.content === undefined) {
    throw malformed(`${path}.signatures`, `want ${mismatch?.want}, got ${mismatch?.got}`);
  }
  return parseRevocation(signed.content.payload, `${path}.payload`);
}
