import type { Appraisal } from '../appraisal/appraise/appraisal.ts';
import type { Keyset } from '../appraisal/binding/keyset.ts';
import type { BundleVerification } from '../appraisal/bundle/verifier.ts';
import { toHex } from '../core/bytes/hex.ts';
import type { SessionKeys, SuiteName } from './keys.ts';
import type { Proposal, VerifyingDeps } from './verifying.ts';
import type { EvidenceView, KeysView, NodeView } from './view.ts';

/** What has been found of it so far, for whoever wants to see why it failed. */
export type Found = { -readonly [K in keyof NodeView]: NodeView[K] };

/** Before anything is known of it. */
export function notYetFound(
  { pool, candidate: { node, region } }: Proposal,
  { freshness, now }: Pick<VerifyingDeps, 'freshness' | 'now'>,
): Found {
  return {
    node,
    pool,
    region,
    state: 'failed',
    checkedAt: now(),
    until: undefined,
    error: undefined,
    evidence: undefined,
    keys: undefined,
    freshness,
    admission: undefined,
  };
}

export function evidenceView(appraisal: Appraisal, { claims }: BundleVerification): EvidenceView {
  const { verdict, authentic, anchors, revocation, tcb, nearest } = appraisal;
  const { reasons, warnings, labels, checks, parts, policy } = appraisal;
  const { notProven } = claims;
  return {
    verdict,
    authentic,
    anchors,
    revocation,
    tcb,
    referenceSet: policy.referenceSet,
    nearest,
    reasons,
    warnings,
    labels,
    notProven: Array.isArray(notProven) ? notProven.map(String) : [],
    checks,
    parts,
  };
}

export function keysView(keyset: Keyset, { receiptKey }: SessionKeys, suite: SuiteName): KeysView {
  return {
    keyset: toHex(keyset.sha384),
    deployment: keyset.deployment,
    from: keyset.validity.from,
    to: keyset.validity.to,
    agentConfigSha256: toHex(keyset.agentConfigSha256),
    suite,
    signsReceipts: receiptKey !== undefined,
  };
}
