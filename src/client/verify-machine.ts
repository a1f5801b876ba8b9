import type { Appraisal } from '../appraisal/appraise/appraisal.ts';
import { appraise } from '../appraisal/appraise/appraise.ts';
import type { Keyset } from '../appraisal/binding/keyset.ts';
import { parseBundle } from '../appraisal/bundle/format.ts';
import { bundleClocksAt, type FoundEndorsements } from '../appraisal/bundle/input.ts';
import type { BundleVerification, BundleVerifier } from '../appraisal/bundle/verifier.ts';
import { toHex } from '../core/bytes/hex.ts';
import { parseUtcTimestamp } from '../core/encoding/time.ts';
import type { Check } from '../evidence/verdict.ts';
import { hardwareIds } from '../ledger/record/outcome.ts';
import type { Candidate } from '../protocol/session/candidates.ts';
import { parseTime } from '../protocol/values.ts';
import { checkAdmission } from './admission.ts';
import { atStage } from './at-stage.ts';
import { PosternError } from './errors.ts';
import { challenge, epoch, type FreshEvidence } from './evidence.ts';
import type { Credential, Gateway } from './gateway.ts';
import { type SessionKeys, type SuiteName, sessionKeys } from './keys.ts';
import type { LogMemory } from './log-memory.ts';
import type { LogTrust } from './log-trust.ts';
import type { HeldPolicy } from './policy-pin.ts';
import type { PolicySource } from './policy-source.ts';
import type { EvidenceView, KeysView, NodeView } from './view.ts';

export interface VerifyingDeps {
  readonly gateway: Gateway;
  readonly verifier: BundleVerifier;
  readonly policies: PolicySource;
  /** Undefined where nothing is asked of the ledger. */
  readonly log: { readonly trust: LogTrust; readonly memory: LogMemory } | undefined;
  readonly freshness: 'challenge' | 'epoch';
  readonly suite: SuiteName;
  /** Whether the caller named roots himself. */
  readonly takesOtherRoots: boolean;
  /** Milliseconds, both. */
  readonly longestKeyLife: number;
  readonly verifiedFor: number;
  readonly find: (bundle: Uint8Array, at: number) => Promise<FoundEndorsements>;
  readonly now: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
}

/** A machine that requests may be sealed for. */
export interface VerifiedMachine extends SessionKeys {
  readonly node: string;
  readonly pool: string;
  /** SHA-384 of the keyset, lower-case hex. */
  readonly keyset: string;
  /** In milliseconds since the epoch. */
  readonly until: number;
  readonly view: NodeView;
}

/** A machine as a gateway proposes it. */
export interface Proposal {
  readonly pool: string;
  readonly candidate: Candidate;
  readonly credential: Credential;
}

/** What has been found of it so far, for whoever wants to see why it failed. */
type Found = { -readonly [K in keyof NodeView]: NodeView[K] };

/**
 * Verifies one machine: policy, evidence of now, appraisal, keys, ledger, in that order, and nothing
 * is left out.
 *
 * @param found is filled in as far as it gets.
 * @throws PosternError of the stage that failed.
 */
export async function verifyMachine(
  deps: VerifyingDeps,
  { pool, candidate, credential }: Proposal,
  found: Found,
): Promise<VerifiedMachine> {
  const { node } = candidate;
  const policy = await deps.policies.policyOf(pool, credential);
  // No evidence is older; however long a gateway takes to hand it over.
  const askedAt = deps.now();
  const fresh = await atStage('evidence', `the evidence of ${node}`, { node }, () =>
    ask(deps, node, credential),
  );
  const { at, verified } = await atStage('evidence', `the evidence of ${node}`, { node }, () =>
    verify(deps, fresh),
  );
  const appraisal = await decide(deps, { pool, credential, verified, policy, at });
  found.evidence = evidenceView(appraisal, verified);
  const keyset = wantAccepted(node, appraisal, verified, fresh, at);
  const keys = await atStage('appraisal', `the keys of ${node}`, { node }, () =>
    usableKeys(keyset, deps, at),
  );
  found.keys = keysView(keyset, keys, deps.suite);
  const admission = await atStage('ledger', `the ledger’s word on ${node}`, { node }, () =>
    heldAgainstLog(deps, { pool, candidate, credential }, verified, keyset, fresh, at),
  );
  found.admission = admission;
  const until = Math.min(
    askedAt + deps.verifiedFor,
    keyset.validity.to,
    admission?.until ?? parseTime(candidate.until, 'candidate.until'),
    appraisal.until === undefined ? at : parseUtcTimestamp(appraisal.until, 'until'),
  );
  wantInTime(node, until, deps.now());
  found.until = until;
  found.state = 'verified';
  return { ...keys, node, pool, keyset: toHex(keyset.sha384), until, view: { ...found } };
}

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

function ask(
  { gateway, freshness, log, now, randomBytes }: VerifyingDeps,
  node: string,
  credential: Credential,
): Promise<FreshEvidence> {
  if (freshness === 'challenge') return challenge(gateway, node, randomBytes, credential);
  if (log === undefined) {
    throw new PosternError('freshness.usage', 'epochs are those of a ledger: name its tlogPolicy');
  }
  return epoch(gateway, node, log.trust, now, credential);
}

async function verify(
  { verifier, find, now }: VerifyingDeps,
  { bundle: bytes, expected }: FreshEvidence,
): Promise<{ readonly at: number; readonly verified: BundleVerification }> {
  const bundle = parseBundle(bytes);
  const at = now();
  // AMD signs the list, and says how long it is good: who brings it along adds nothing to that.
  const { snpCrl: crl } = bundle.endorsements;
  const endorsements = { ...(crl && { crl }), ...(await find(bytes, at)) };
  return {
    at,
    verified: verifier.verify({ bundle, at: bundleClocksAt(at), endorsements, expected }),
  };
}

interface Question {
  readonly pool: string;
  readonly credential: Credential;
  readonly verified: BundleVerification;
  readonly policy: HeldPolicy;
  readonly at: number;
}

/** What does not fit a policy may fit the revision that its owners have signed since. */
async function decide(
  { policies }: VerifyingDeps,
  { pool, credential, verified, policy, at }: Question,
): Promise<Appraisal> {
  const appraisal = appraise(verified, policy.compiled, at);
  if (appraisal.verdict === 'accept' || !policies.mayChange) return appraisal;
  const last = await policies.policyOf(pool, credential, true);
  const same = last.view.digest === policy.view.digest;
  return same ? appraisal : appraise(verified, last.compiled, at);
}

const FRESH = ['bundle.nonce', 'bundle.purpose'] as const;
const ASKED = ['bundle.recipe', 'bundle.keyset.validity', ...FRESH] as const;

function wantAccepted(
  node: string,
  appraisal: Appraisal,
  { checks, binding }: BundleVerification,
  { note }: FreshEvidence,
  at: number,
): Keyset {
  const open = checks.filter(
    ({ id, outcome }) => outcome !== 'pass' && FRESH.some((one) => one === id),
  );
  if (open.length > 0) {
    const asked = note ? 'the checkpoint that it came with' : 'the challenge of this client';
    throw new PosternError(
      'freshness.challenge',
      `${node} does not answer ${asked}: ${said(open)}`,
      {
        checks: open,
        node,
      },
    );
  }
  const { verdict, reasons } = appraisal;
  if (verdict !== 'accept') {
    const why = reasons.map(({ code, text }) => `${code}: ${text}`).join('; ');
    const from = [...appraisal.checks, ...appraisal.parts.flatMap((part) => part.checks)];
    throw new PosternError(
      `appraisal.${verdict}`,
      `${node} under ${policyText(appraisal)}: ${why}`,
      {
        checks: from.filter(({ outcome }) => outcome === 'fail' || outcome === 'unresolved'),
        node,
      },
    );
  }
  const answered = ASKED.every((id) =>
    checks.some((check) => check.id === id && check.outcome === 'pass'),
  );
  if (binding?.keyset === undefined || !answered) {
    throw new PosternError(
      'appraisal.keyset',
      `${node} has no keyset that its evidence commits to`,
      {
        node,
      },
    );
  }
  if (appraisal.until !== undefined && Date.parse(appraisal.until) < at) {
    throw new PosternError('appraisal.lapsed', `what ${node} rests on ended ${appraisal.until}`, {
      node,
    });
  }
  return binding.keyset;
}

function said(checks: readonly Check[]): string {
  return checks
    .map((check) =>
      check.outcome === 'fail' ? `want ${check.want}, got ${check.got}` : (check.because ?? ''),
    )
    .join('; ');
}

/** A gateway that lets a client wait can't have it seal for what has ended since. */
function wantInTime(node: string, until: number, now: number): void {
  if (now < until) return;
  const [end, over] = [until, now].map((ms) => new Date(ms).toISOString());
  throw new PosternError(
    'freshness.late',
    `what was verified of ${node} held until ${end}, and it is ${over}`,
    { node },
  );
}

function policyText({ policy: { name, revision } }: Appraisal): string {
  return `policy ${name} revision ${revision}`;
}

function usableKeys(
  keyset: Keyset,
  { suite, longestKeyLife }: VerifyingDeps,
  at: number,
): SessionKeys {
  const { from, to } = keyset.validity;
  if (to - from > longestKeyLife) {
    throw new PosternError(
      'appraisal.key-life',
      `the keyset lasts ${minutes(to - from)} minutes, and keys are taken for ${minutes(longestKeyLife)}: who gets hold of one could read all of that time`,
    );
  }
  if (at > to) throw new PosternError('appraisal.lapsed', 'the keyset is over');
  return sessionKeys(keyset, suite);
}

function minutes(ms: number): number {
  return Math.ceil(ms / 60_000);
}

async function heldAgainstLog(
  { log, takesOtherRoots }: VerifyingDeps,
  { candidate, credential }: Proposal,
  verified: BundleVerification,
  { sha384: keysetSha384 }: Keyset,
  { note }: FreshEvidence,
  at: number,
) {
  if (log === undefined) return undefined;
  const { trust, memory } = log;
  if (candidate.keysetSha384 !== toHex(keysetSha384)) {
    throw new PosternError(
      'ledger.rotated',
      'the gateway proposed another keyset of it: the machine may have made new keys since',
    );
  }
  const machine = { keysetSha384, hardware: hardwareIds(verified), takesOtherRoots };
  const { view, notes } = checkAdmission(candidate, trust, machine, at);
  await memory.hold([...notes, ...(note ? [note] : [])], credential);
  return view;
}

function evidenceView(appraisal: Appraisal, { claims }: BundleVerification): EvidenceView {
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

function keysView(keyset: Keyset, { receiptKey }: SessionKeys, suite: SuiteName): KeysView {
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
