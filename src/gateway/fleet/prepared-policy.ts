import type { ReadPolicy } from '../../appraisal/policy/read-policy.ts';
import { checkRevision } from '../../appraisal/policy/signing/check-revision.ts';
import type { Keyring } from '../../appraisal/policy/signing/keyring.ts';
import { isEnvelope } from '../../appraisal/policy/signing/policy-envelope.ts';
import { revisionOf } from '../../appraisal/policy/signing/revision.ts';
import { verifySignedPolicy } from '../../appraisal/policy/signing/signed-policy.ts';
import { parseUtcTimestamp } from '../../core/encoding/time.ts';
import { Fault } from '../../core/fault.ts';
import type { PoolConfig } from './pool.ts';
import { openAnswers, policyIn, standingOf, UNSIGNED } from './pool-standing.ts';
import type { PoolPolicy } from './store.ts';

/** What somebody hands in for a pool. */
export interface HandedIn {
  readonly file: Uint8Array;
  readonly revocations: readonly Uint8Array[];
}

export interface Prepared {
  /** There is nothing to do: it decides already, and nothing new revokes it. */
  readonly isAsBefore?: true;
  /** Digest of the policy that decides now. */
  readonly expected: string | undefined;
  readonly stored: PoolPolicy;
  /** Why it decides nothing, where it was revoked by what came with it. */
  readonly revoked?: string;
}

/**
 * What becomes of a pool with another policy: it decides, or waits until its time has come.
 *
 * @param before what is stored of the pool now.
 * @throws Fault `usage` at `policy…` for one that may not decide, with every reason; `conflict`
 *   for an older one or another.
 */
export function preparePolicy(
  config: PoolConfig,
  before: PoolPolicy | undefined,
  { file, revocations }: HandedIn,
  at: number,
): Prepared {
  const read = policyIn(file);
  if (config.signers === undefined && revocations.length > 0) {
    throw new Fault(
      'usage',
      'revocations',
      'this pool has no keyring: nobody could say whose they are',
    );
  }
  if (read.policy.metadata.lifecycle.state === 'draft') {
    throw new Fault('usage', 'policy.metadata.lifecycle.state', 'a draft admits nobody');
  }
  if (before !== undefined) requireLater(read, before);
  // A revocation is never taken back: what came before stays, whatever is handed in now.
  const known = distinct([...(before?.revocations ?? []), ...revocations]);
  const isAgain = before?.digest === read.digest;
  if (isAgain && known.length === before.revocations.length) {
    return { expected: before.digest, stored: before, isAsBefore: true };
  }
  const seenAt = before?.pending?.digest === read.digest ? before.pending.seenAt : at;
  const from =
    config.signers === undefined || before === undefined || isAgain
      ? at
      : inForceFrom(config.signers.keyring, file, before, { seenAt, at });
  if (before !== undefined && from > at) {
    const pending = { digest: read.digest, file, seenAt, from };
    return { expected: before.digest, stored: { ...before, revocations: known, pending } };
  }
  const stored: PoolPolicy = {
    pool: config.name,
    name: read.policy.metadata.name,
    revision: read.policy.metadata.revision,
    digest: read.digest,
    file,
    revocations: known,
    activatedAt: at,
    ...(isAgain && before.pending && { pending: before.pending }),
  };
  const next = standingOf(config, stored, at);
  if ('pool' in next) return { expected: before?.digest, stored };
  if (!isAgain) throw new Fault('usage', 'policy', next.revoked);
  return { expected: before.digest, stored, revoked: next.revoked };
}

/** The same again changes nothing but what it was revoked by; an older one never comes back. */
function requireLater({ policy: { metadata }, digest }: ReadPolicy, before: PoolPolicy): void {
  if (metadata.name === before.name) {
    if (digest === before.digest || metadata.revision > before.revision) return;
    const detail = `revision ${before.revision} of ${before.name} decides (${before.digest}): revision ${metadata.revision} is no later one`;
    throw new Fault('conflict', 'policy.metadata.revision', detail);
  }
  const detail = `the pool is ${before.name}’s, and this is ${metadata.name}`;
  throw new Fault('conflict', 'policy.metadata.name', detail);
}

/**
 * When a revision is in force: its place in the chain of revisions is looked at, and its delay.
 *
 * @throws Fault `usage` for one that does not follow on what decides.
 */
function inForceFrom(
  keyring: Keyring,
  file: Uint8Array,
  before: PoolPolicy,
  { seenAt, at }: { readonly seenAt: number; readonly at: number },
): number {
  if (!isEnvelope(file)) {
    throw new Fault('usage', 'policy', UNSIGNED);
  }
  const { signed, policy, checks: own } = verifySignedPolicy({ envelope: file, keyring, at });
  if (signed === undefined || policy === undefined) {
    throw new Fault('usage', 'policy', openAnswers(own));
  }
  const previous = revisionOf(policyIn(before.file));
  const context = { keyring, signed, now: at, firstSeen: seenAt };
  const { verdict, checks } = checkRevision(previous, revisionOf(policy), context);
  if (verdict === 'accept') return at;
  const others = checks.filter(
    ({ id, outcome }) =>
      id !== 'policy.chain.activation' && outcome !== 'pass' && outcome !== 'skipped',
  );
  if (others.length > 0) throw new Fault('usage', 'policy', openAnswers(checks));
  const { lifecycle } = policy.policy.metadata;
  const begins = 'notBefore' in lifecycle ? lifecycle.notBefore : undefined;
  return Math.max(
    seenAt + keyring.activationDelay,
    begins === undefined ? 0 : parseUtcTimestamp(begins, 'policy.metadata.lifecycle.notBefore'),
  );
}

function distinct(blobs: readonly Uint8Array[]): readonly Uint8Array[] {
  return [
    ...new Map(blobs.map((bytes) => [Buffer.from(bytes).toString('base64'), bytes])).values(),
  ];
}
