import { equalBytes } from '../../../core/bytes/equal.ts';
import { parseEnvelope } from '../../../core/encoding/dsse.ts';
import { type SignedEnvelope, verifyEnvelope } from '../../../core/encoding/dsse-signatures.ts';
import { malformed } from '../../../core/fault.ts';
import { CheckList } from '../../../evidence/check-list.ts';
import { idsWhere } from '../../../evidence/question.ts';
import { type Check, conclude, type Verdict } from '../../../evidence/verdict.ts';
import { type ReadPolicy, readPolicy } from '../read-policy.ts';
import { SIGNED_POLICY_CHECKS, type SignedPolicyCheckId } from './checks.ts';
import { coversPolicy, type Keyring, publicKeysOf } from './keyring.ts';
import { type RevocationsFound, revocationsOf } from './revocations.ts';
import { tooFewSigners } from './signature-finding.ts';

export const POLICY_PAYLOAD_TYPE = 'application/vnd.postern.measurement-policy.v1+json';

export interface SignedPolicyInput {
  /** A DSSE envelope in JSON. */
  readonly envelope: Uint8Array;
  readonly keyring: Keyring;
  /** Envelopes of revocations, good or not; empty when none is known. Left out, none is asked for. */
  readonly revocations?: readonly Uint8Array[];
  /** The instant that revocations are asked about, in milliseconds since the epoch. */
  readonly at: number;
}

export interface SignedPolicyResult {
  readonly verdict: Verdict;
  readonly checks: readonly Check[];
  /** Undefined when the envelope can't be read. */
  readonly signed: SignedEnvelope | undefined;
  /**
   * What the envelope holds, read from the very bytes that were verified; undefined unless enough
   * keys signed and they may speak for it. It may have been revoked: the verdict says so.
   */
  readonly policy: ReadPolicy | undefined;
  /** Revocations that revoke nothing here, each with the reason, for people. */
  readonly ignored: readonly string[];
}

const BASELINE = idsWhere(SIGNED_POLICY_CHECKS, ({ baseline }) => baseline);

/**
 * Whether a policy is one that its owners signed, and no revocation of it is known. How it follows
 * on the revision before is {@link checkRevision}'s question.
 *
 * @throws nothing that the envelope or a revocation could cause.
 */
export function verifySignedPolicy(input: SignedPolicyInput): SignedPolicyResult {
  const { keyring, revocations, at } = input;
  const checks = new CheckList<SignedPolicyCheckId>(SIGNED_POLICY_CHECKS);
  const { signed, policy } = open(checks, input.envelope, keyring);
  let ignored: readonly string[] = [];
  if (revocations && policy) {
    const found = revocationsOf(policy.digest, revocations, { keyring, at });
    ignored = found.ignored;
    answerRevocation(checks, found, revocations.length);
  }
  const required = new Set<SignedPolicyCheckId>(BASELINE);
  if (revocations) required.add('policy.signed.revocation');
  return { verdict: conclude(checks.all, required), checks: checks.all, signed, policy, ignored };
}

function answerRevocation(
  checks: CheckList<SignedPolicyCheckId>,
  { revokedBy: [first] }: RevocationsFound,
  count: number,
): void {
  const id = 'policy.signed.revocation';
  if (first) {
    const got = `revoked from ${first.revokedAt} on: ${first.reason}`;
    checks.fail(id, { want: 'not revoked', got });
  } else if (count === 0) {
    checks.pass(id, 'no revocation is at hand');
  } else {
    checks.pass(id);
  }
}

function open(
  checks: CheckList<SignedPolicyCheckId>,
  bytes: Uint8Array,
  keyring: Keyring,
): Pick<SignedPolicyResult, 'signed' | 'policy'> {
  const envelope = checks.read('policy.signed.envelope', () => parseEnvelope(bytes, 'envelope'));
  if (envelope === undefined) return { signed: undefined, policy: undefined };
  const right = envelope.payloadType === POLICY_PAYLOAD_TYPE;
  checks.answer(
    'policy.signed.type',
    right ? undefined : { want: POLICY_PAYLOAD_TYPE, got: envelope.payloadType },
  );
  const signed = verifyEnvelope(envelope, publicKeysOf(keyring), keyring.threshold);
  checks.answer('policy.signed.signatures', tooFewSigners(signed, keyring));
  if (signed.content === undefined) {
    const because = 'not looked into: too few keys signed it';
    checks.unresolved('policy.signed.payload', because);
    checks.unresolved('policy.signed.name', because);
    return { signed, policy: undefined };
  }
  const { payload } = signed.content;
  const policy = checks.read('policy.signed.payload', () => readPayload(payload));
  if (policy === undefined) return { signed, policy: undefined };
  const { name } = policy.policy.metadata;
  const covered = coversPolicy(keyring, name);
  checks.answer('policy.signed.name', covered ? undefined : { want: keyring.name, got: name });
  return { signed, policy: right && covered ? policy : undefined };
}

/**
 * A policy that is its own canonical form: another text of it would have another digest.
 *
 * @throws Fault `malformed` at `policy`.
 */
export function readPayload(payload: Uint8Array): ReadPolicy {
  const read = readPolicy(payload);
  if (equalBytes(read.canonical, payload)) return read;
  throw malformed('policy', 'not in the canonical form of RFC 8785');
}
