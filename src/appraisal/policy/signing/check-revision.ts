import type { SignedEnvelope } from '../../../core/encoding/dsse-signatures.ts';
import { formatTime, parseUtcTimestamp } from '../../../core/encoding/time.ts';
import type { Mismatch } from '../../../core/mismatch.ts';
import { CheckList } from '../../../evidence/check-list.ts';
import { idsWhere, skippedIds } from '../../../evidence/question.ts';
import { type Check, conclude, type Verdict } from '../../../evidence/verdict.ts';
import { digestOf } from './canonical-document.ts';
import { CHAIN_CHECKS, type ChainCheckId } from './checks.ts';
import { coversPolicy, type Keyring, publicKeysOf } from './keyring.ts';
import { lifecycleProblem } from './lifecycle.ts';
import type { KnownRevision } from './revision.ts';
import { tooFewSigners } from './signature-finding.ts';
import { POLICY_PAYLOAD_TYPE } from './signed-policy.ts';

export interface RevisionContext {
  readonly keyring: Keyring;
  /** What {@link verifySignedPolicy} found of the signatures of `next`. */
  readonly signed: SignedEnvelope;
  /** Milliseconds since the epoch, as `firstSeen`. */
  readonly now: number;
  /**
   * When the caller first saw `next`: the activation delay counts from here, so that owners have
   * time to notice a revision that they never meant. Left out, it is seen for the first time now.
   */
  readonly firstSeen?: number;
  /**
   * The highest revision of this policy that the caller ever accepted, which it must remember;
   * left out, `previous` is taken for it.
   */
  readonly accepted?: AcceptedRevision;
}

export interface AcceptedRevision {
  readonly name: string;
  readonly revision: number;
  readonly digest: string;
}

export interface RevisionResult {
  readonly verdict: Verdict;
  readonly checks: readonly Check[];
}

/**
 * Whether a revision may follow on another. The first has number 1 and no predecessor; each one
 * after that has the next number and names the digest of the one before. What is accepted already
 * may be shown again: its place in the chain and its beginning were found good then, and are not
 * asked for twice. Signatures always are, since a key may have left the keyring.
 *
 * @param previous the revision before, which need not be verified: `next` names its digest.
 *   Undefined when there is none, or when it is not at hand.
 */
export function checkRevision(
  previous: KnownRevision | undefined,
  next: KnownRevision,
  context: RevisionContext,
): RevisionResult {
  const { keyring, signed } = context;
  const checks = new CheckList<ChainCheckId>(CHAIN_CHECKS);
  const accepted = context.accepted ?? (previous && acceptedOf(previous));
  checkName(checks, [previous && acceptedOf(previous), accepted], next, keyring);
  const before = previous ?? (isFirst(next, accepted) ? 'none' : 'not at hand');
  if (accepted && isSame(next, accepted)) {
    const because = 'this very revision was accepted before';
    for (const id of [...LINKS, 'policy.chain.activation'] as const) checks.skipped(id, because);
  } else {
    checkLinks(checks, before, next, accepted);
    checkActivation(checks, next, context);
  }
  checks.answer('policy.chain.signatures', signatureProblem(next, signed, keyring));
  checkRollback(checks, previous, next, accepted);
  const required = REQUIRED.difference(skippedIds(checks.all));
  return { verdict: conclude(checks.all, required), checks: checks.all };
}

const REQUIRED = idsWhere(CHAIN_CHECKS, ({ baseline }) => baseline);
const LINKS = ['policy.chain.revision', 'policy.chain.previous', 'policy.chain.lifecycle'] as const;

function acceptedOf({ policy, digest }: KnownRevision): AcceptedRevision {
  const { name, revision } = policy.metadata;
  return { name, revision, digest };
}

function isSame({ policy, digest }: KnownRevision, accepted: AcceptedRevision): boolean {
  return accepted.digest === digest && accepted.revision === policy.metadata.revision;
}

/** Nothing is known of before, and it says itself that nothing was. */
function isFirst({ policy }: KnownRevision, accepted: AcceptedRevision | undefined): boolean {
  return accepted === undefined && policy.metadata.revision === 1;
}

function checkName(
  checks: CheckList<ChainCheckId>,
  before: readonly (AcceptedRevision | undefined)[],
  next: KnownRevision,
  keyring: Keyring,
): void {
  const got = next.policy.metadata.name;
  const other = before.find((revision) => revision && revision.name !== got);
  const want = coversPolicy(keyring, got) ? other?.name : keyring.name;
  checks.answer('policy.chain.name', want === undefined ? undefined : { want, got });
}

/** Signatures of another document, or counted under another keyring, say nothing of this one. */
function signatureProblem(
  next: KnownRevision,
  signed: SignedEnvelope,
  keyring: Keyring,
): Mismatch | undefined {
  const { content, signers } = signed;
  if (content === undefined) return tooFewSigners(signed, keyring);
  const ours = new Set(publicKeysOf(keyring).map(({ keyId }) => keyId));
  const count = signers.filter(({ keyId }) => ours.has(keyId)).length;
  if (count < keyring.threshold) {
    const want = `signed by ${keyring.threshold} of ${keyring.keys.length} keys`;
    return { want, got: `verified under another keyring: ${count}` };
  }
  const got = `${content.payloadType} ${digestOf(content.payload)}`;
  const want = `${POLICY_PAYLOAD_TYPE} ${next.digest}`;
  return want === got ? undefined : { want, got };
}

function checkLinks(
  checks: CheckList<ChainCheckId>,
  before: KnownRevision | 'none' | 'not at hand',
  next: KnownRevision,
  accepted: AcceptedRevision | undefined,
): void {
  const { revision, previous } = next.policy.metadata;
  if (before === 'none') {
    checks.pass('policy.chain.revision');
    checks.answer(
      'policy.chain.previous',
      previous === undefined ? undefined : { want: 'none before the first', got: previous },
    );
    checks.answer('policy.chain.lifecycle', lifecycleProblem(undefined, next.policy));
    return;
  }
  // The number and the digest of what was accepted do for the document, if it is that one.
  const link = before === 'not at hand' ? accepted : acceptedOf(before);
  if (link === undefined) {
    const because = `revision ${revision - 1} is not at hand`;
    for (const id of LINKS) checks.unresolved(id, because);
    return;
  }
  const want = link.revision + 1;
  checks.answer(
    'policy.chain.revision',
    revision === want ? undefined : { want: String(want), got: String(revision) },
  );
  checks.answer(
    'policy.chain.previous',
    previous === link.digest ? undefined : { want: link.digest, got: previous ?? 'none' },
  );
  if (before === 'not at hand') {
    checks.unresolved('policy.chain.lifecycle', `revision ${link.revision} is not at hand`);
  } else {
    checks.answer('policy.chain.lifecycle', lifecycleProblem(before.policy, next.policy));
  }
}

/** In force when both the keyring's delay and the revision's own beginning are past. */
function checkActivation(
  checks: CheckList<ChainCheckId>,
  { policy }: KnownRevision,
  { keyring, now, firstSeen = now }: RevisionContext,
): void {
  const { notBefore } = policy.metadata.lifecycle;
  const begins = notBefore === undefined ? -Infinity : parseUtcTimestamp(notBefore, 'notBefore');
  const from = Math.max(firstSeen + keyring.activationDelay, begins);
  // What is no time is never past.
  if (now >= from) checks.pass('policy.chain.activation');
  else checks.unresolved('policy.chain.activation', `not in force before ${formatTime(from)}`);
}

/**
 * An older revision, another one of the same number, and one that follows on either are the ways
 * to undo a decision.
 */
function checkRollback(
  checks: CheckList<ChainCheckId>,
  previous: KnownRevision | undefined,
  next: KnownRevision,
  accepted: AcceptedRevision | undefined,
): void {
  const id = 'policy.chain.rollback';
  if (accepted === undefined) {
    checks.skipped(id, 'no revision was accepted before: whether there are later ones is unknown');
    return;
  }
  const { revision } = next.policy.metadata;
  const before = previous?.policy.metadata.revision ?? 0;
  const fork = [next, previous].find((known) => known && isFork(known, accepted));
  if (revision < accepted.revision) {
    const want = `${accepted.revision} or later, which was accepted before`;
    checks.fail(id, { want, got: String(revision) });
  } else if (fork) {
    const want = `${accepted.digest}, accepted as revision ${accepted.revision}`;
    checks.fail(id, { want, got: `${fork.digest}, a fork` });
  } else if (before > accepted.revision) {
    // Nobody has said that what lies between follows on what was accepted.
    const because = `accepted was ${accepted.revision}: revisions ${accepted.revision + 1} to ${before} come first`;
    checks.unresolved(id, because);
  } else {
    checks.pass(id);
  }
}

function isFork({ policy, digest }: KnownRevision, accepted: AcceptedRevision): boolean {
  return policy.metadata.revision === accepted.revision && digest !== accepted.digest;
}
