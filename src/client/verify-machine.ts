import type { Keyset } from '../appraisal/binding/keyset.ts';
import { toHex } from '../core/bytes/hex.ts';
import { parseUtcTimestamp } from '../core/encoding/time.ts';
import { hardwareIds } from '../ledger/record/outcome.ts';
import { parseTime } from '../protocol/values.ts';
import { checkAdmission } from './admission.ts';
import { atStage } from './at-stage.ts';
import { PosternError } from './errors.ts';
import { evidenceView, type Found, keysView } from './found.ts';
import { judge, look, type SeenEvidence, wantAccepted } from './judge-evidence.ts';
import { usableKeys } from './keys.ts';
import { serverKeys } from './server-keys.ts';
import type { Proposal, VerifiedMachine, VerifyingDeps } from './verifying.ts';

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
  const seen = await atStage('evidence', `the evidence of ${node}`, { node }, () =>
    look(deps, node, credential),
  );
  const appraisal = await judge(deps, { pool, credential, policy }, seen);
  found.evidence = evidenceView(appraisal, seen.verified);
  const keyset = wantAccepted(node, appraisal, seen);
  const keys = await atStage('appraisal', `the keys of ${node}`, { node }, () =>
    usableKeys(keyset, deps, seen.at),
  );
  found.keys = keysView(keyset, keys, deps.suite);
  const admission = await atStage('ledger', `the ledger’s word on ${node}`, { node }, () =>
    heldAgainstLog(deps, { pool, candidate, credential }, keyset, seen),
  );
  found.admission = admission;
  const until = Math.min(
    askedAt + deps.verifiedFor,
    keyset.validity.to,
    admission?.until ?? parseTime(candidate.until, 'candidate.until'),
    appraisal.until === undefined ? seen.at : parseUtcTimestamp(appraisal.until, 'until'),
  );
  wantInTime(node, until, deps.now());
  found.until = until;
  found.state = 'verified';
  return {
    ...keys,
    ...serverKeys(keyset, seen.verified),
    node,
    pool,
    name: candidate.name,
    services: candidate.services ?? {},
    keyset: toHex(keyset.sha384),
    until,
    view: { ...found },
  };
}

async function heldAgainstLog(
  { log }: VerifyingDeps,
  { candidate, credential }: Proposal,
  { sha384: keysetSha384 }: Keyset,
  { at, verified, note }: SeenEvidence,
) {
  if (log === undefined) return undefined;
  const { trust, memory } = log;
  if (candidate.keysetSha384 !== toHex(keysetSha384)) {
    throw new PosternError(
      'ledger.rotated',
      'the gateway proposed another keyset of it: the machine may have made new keys since',
    );
  }
  // A decision on other roots counts where this very look rests on such, which the caller named.
  const takesOtherRoots = verified.anchors !== 'vendor';
  const machine = { keysetSha384, hardware: hardwareIds(verified), takesOtherRoots };
  const { view, notes } = checkAdmission(candidate, trust, machine, at);
  await memory.hold([...notes, ...(note ? [note] : [])], credential);
  return view;
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
