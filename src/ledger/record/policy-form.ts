import { MOST_KEYS } from '../../appraisal/policy/signing/keyring.ts';
import { MOST_REVISIONS } from '../../appraisal/policy/signing/members.ts';
import type { KeyringSource, PolicyTrust } from '../../appraisal/policy/signing/policy-trust.ts';
import { blob, count, type Form, list, members, optional } from '../form/form.ts';
import { instant } from '../form/instant.ts';
import { policyName } from '../leaf/terms.ts';

/** The policy that decided. */
export interface RecordedPolicy {
  readonly name: string;
  readonly revision: number;
  /** Its canonical bytes, which a replay decides by; their digest is the policy's. */
  readonly document: Uint8Array;
  /** The envelope that it came in where it was signed. */
  readonly envelope?: Uint8Array;
  /** Envelopes of revocations that were at hand, good or not. */
  readonly revocations: readonly Uint8Array[];
  /**
   * On whose word it was taken, so that signatures, revocations and its place after the revision
   * before can be asked about again. Only records of version 2 have it.
   */
  readonly trust?: PolicyTrust;
}

const MOST_REVOCATIONS = 4096;

const keyringFile = members<{ file: Uint8Array }>({ file: blob });
const keyringKeys = members<{ keys: readonly Uint8Array[]; threshold: number }>({
  keys: list(blob, MOST_KEYS),
  threshold: count(MOST_KEYS),
});

const keyringSource: Form<KeyringSource> = {
  write: (value, path, sink) =>
    'file' in value ? keyringFile.write(value, path, sink) : keyringKeys.write(value, path, sink),
  read: (value, path, source) => {
    const isFile = typeof value === 'object' && value !== null && 'file' in value;
    return isFile ? keyringFile.read(value, path, source) : keyringKeys.read(value, path, source);
  },
};

export const recordedPolicy = members<RecordedPolicy>({
  name: policyName,
  revision: count(MOST_REVISIONS),
  document: blob,
  envelope: optional(blob),
  revocations: list(blob, MOST_REVOCATIONS),
  trust: optional(
    members<PolicyTrust>({
      keyring: keyringSource,
      at: instant,
      previous: optional(blob),
      firstSeen: optional(instant),
    }),
  ),
});
