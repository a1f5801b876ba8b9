import type { Appraisal } from '../appraisal/appraise/appraisal.ts';
import { appraise } from '../appraisal/appraise/appraise.ts';
import type { Keyset } from '../appraisal/binding/keyset.ts';
import { parseBundle } from '../appraisal/bundle/format.ts';
import { bundleClocksAt } from '../appraisal/bundle/input.ts';
import type { BundleVerification } from '../appraisal/bundle/verifier.ts';
import type { Check } from '../evidence/verdict.ts';
import { PosternError } from './errors.ts';
import { challenge, epoch, type FreshEvidence, type OwnSession } from './evidence.ts';
import type { Credential } from './gateway.ts';
import type { HeldPolicy } from './policy-pin.ts';
import type { VerifyingDeps } from './verifying.ts';

function ask(
  { gateway, freshness, log, now, randomBytes }: VerifyingDeps,
  node: string,
  credential: Credential,
  own: OwnSession | undefined,
): Promise<FreshEvidence> {
  if (own !== undefined || freshness === 'challenge') {
    return challenge(gateway, node, randomBytes, credential, own);
  }
  if (log === undefined) {
    throw new PosternError('freshness.usage', 'epochs are those of a ledger: name its tlogPolicy');
  }
  return epoch(gateway, node, log, now, credential);
}

/** A bundle that was asked for, and what it comes to by itself. */
export interface SeenEvidence extends Pick<FreshEvidence, 'note'> {
  readonly verified: BundleVerification;
  /** The instant that it was verified for: it was there by then. */
  readonly at: number;
}

/** @param own of a connection of the client's, where it is asked about. @throws as {@link challenge} and {@link epoch}; Fault `malformed` for what is no bundle. */
export async function look(
  deps: VerifyingDeps,
  node: string,
  credential: Credential,
  own?: OwnSession,
): Promise<SeenEvidence> {
  const { bundle: bytes, expected, note } = await ask(deps, node, credential, own);
  const bundle = parseBundle(bytes);
  const at = deps.now();
  // AMD signs the list, and says how long it is good: who brings it along adds nothing to that.
  const { snpCrl: crl } = bundle.endorsements;
  const endorsements = { ...(crl && { crl }), ...(await deps.find(bytes, at)) };
  const asked = { bundle, at: bundleClocksAt(at), endorsements, expected };
  return { verified: deps.verifier.verify(asked), at, note };
}

interface Terms {
  readonly pool: string;
  readonly credential: Credential;
  readonly policy: HeldPolicy;
}

/** What does not fit a policy may fit the revision that its owners have signed since. */
export async function judge(
  { policies }: VerifyingDeps,
  { pool, credential, policy }: Terms,
  { verified, at }: SeenEvidence,
): Promise<Appraisal> {
  const appraisal = appraise(verified, policy.compiled, at);
  if (appraisal.verdict === 'accept' || !policies.mayChange) return appraisal;
  const last = await policies.policyOf(pool, credential, true);
  const same = last.view.digest === policy.view.digest;
  return same ? appraisal : appraise(verified, last.compiled, at);
}

const FRESH = ['bundle.nonce', 'bundle.purpose'] as const;
const ASKED = ['bundle.recipe', 'bundle.keyset.validity', ...FRESH] as const;

/**
 * The keyset of a machine that is acceptable, and whose evidence is of now.
 *
 * @throws PosternError `freshness.challenge`, `appraisal.…`
 */
export function wantAccepted(
  node: string,
  appraisal: Appraisal,
  { verified: { checks, binding }, note, at }: SeenEvidence,
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

function policyText({ policy: { name, revision } }: Appraisal): string {
  return `policy ${name} revision ${revision}`;
}
