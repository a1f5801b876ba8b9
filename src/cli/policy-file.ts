import { compilePolicy } from '../appraisal/appraise/compiled-policy.ts';
import { type ReadPolicy, tryPolicy } from '../appraisal/policy/read-policy.ts';
import { followsOn } from '../appraisal/policy/signing/follows-on.ts';
import { isEnvelope, readPolicyEnvelope } from '../appraisal/policy/signing/policy-envelope.ts';
import { verifySignedPolicy } from '../appraisal/policy/signing/signed-policy.ts';
import { problemLine } from '../core/document/problem.ts';
import { worstOf } from '../evidence/verdict.ts';
import type { UsedPolicy } from '../ledger/record/capture.ts';
import { type Io, usage, warn } from './io.ts';
import { readChain } from './policy-chain.ts';
import { readPolicyDigests } from './policy-digest.ts';
import { KEYRING_OPTIONS, readKeyring } from './policy-keyring.ts';
import { reasonOf } from './render.ts';
import { unusable } from './unusable.ts';
import type { Args, Options } from './verb.ts';

/**
 * A policy from a file: YAML, JSON, or what an envelope holds, whoever signed it.
 *
 * @throws Fault `usage` for one that can't be used: that says nothing about any evidence. All
 * that is wrong with it is told before.
 */
export async function readPolicyFile(io: Io, path: string): Promise<ReadPolicy> {
  const file = await io.readFile(path);
  return isEnvelope(file) ? readPolicyEnvelope(file, path) : readPlain(io, path, file);
}

/** Said of a file that should be signed. */
export const NOT_SIGNED =
  'is not signed: want the envelope that postern policy sign makes of a policy';

function readPlain(io: Io, path: string, file: Uint8Array): ReadPolicy {
  const { read, problems } = tryPolicy(file);
  if (read) return read;
  const lines = problems.map((problem) => problemLine(path, problem));
  throw unusable(io, path, 'policy', lines);
}

/** Which policy is decided by, whoever signed it. */
export const PINNED_POLICY_OPTIONS: Options = {
  'policy-digest': {
    value: '<sha256:…>',
    help: 'the digest that the policy must have, signed or not; no other decides',
  },
};

/** Whose policy is decided by. */
export const SIGNED_POLICY_OPTIONS: Options = {
  ...KEYRING_OPTIONS,
  'policy-revocation': {
    value: '<file>',
    multiple: true,
    help: 'a revocation, good or not: a policy that it revokes decides nothing',
  },
  'policy-previous': {
    value: '<dsse>',
    help: 'the revision that was accepted last: one that is older, does not follow on it or is not yet in force decides nothing',
  },
  'policy-first-seen': {
    value: '<time>',
    help: 'when the policy was first seen, for the activation delay; now by default',
  },
};

/**
 * The policy to decide by. One that is signed must be signed well; who names keys wants one. That
 * it is no old revision, nor one that came a moment ago, only its digest or the last one can tell.
 *
 * @param at when revocations are asked about, in milliseconds since the epoch.
 * @throws Fault `usage` for one that is not to be used, with the reasons on stderr.
 */
export async function readTrustedPolicy(
  io: Io,
  args: Args,
  path: string,
  at: number,
): Promise<UsedPolicy> {
  const file = await io.readFile(path);
  const named = args.has('keyring') || args.has('public-key');
  if (!isEnvelope(file)) {
    const idle = Object.keys(SIGNED_POLICY_OPTIONS).find((name) => args.has(name));
    if (idle !== undefined)
      throw usage(`--${idle} is about a signed policy: ${path} is not signed`);
    return {
      compiled: compilePolicy(pinned(args, path, readPlain(io, path, file))),
      revocations: [],
    };
  }
  if (!named)
    throw usage(`${path} is signed: say by whom it should be, with --keyring or --public-key`);
  const { keyring, source } = await readKeyring(io, args);
  const revocations = await Promise.all(
    args.many('policy-revocation').map((name) => io.readFile(name)),
  );
  const before = await readChain(io, args, CHAIN_NAMES);
  const signed = verifySignedPolicy({ envelope: file, keyring, revocations, at });
  for (const sentence of signed.ignored) warn(io, sentence);
  const chain = followsOn(signed, before, keyring, at);
  const verdict = worstOf([signed.verdict, ...(chain ? [chain.verdict] : [])]);
  if (verdict === 'accept' && signed.policy) {
    const policy = pinned(args, path, signed.policy);
    if (chain === undefined && !args.has('policy-digest')) {
      warn(
        io,
        `${path}: neither its place in the chain nor its activation delay was checked: pin it with --policy-digest, or give --policy-previous`,
      );
    }
    const trust = {
      keyring: source,
      at,
      ...(before && { previous: before.envelope }),
      ...(before?.firstSeen !== undefined && { firstSeen: before.firstSeen }),
    };
    return { compiled: compilePolicy(policy), envelope: file, revocations, trust };
  }
  for (const check of [...signed.checks, ...(chain?.checks ?? [])]) {
    if (check.outcome === 'pass' || check.outcome === 'skipped') continue;
    warn(io, `${check.id}: ${reasonOf(check)}`);
  }
  throw usage(`${path}: not a policy to decide by (see above, and postern policy verify)`);
}

const CHAIN_NAMES = { previous: 'policy-previous', firstSeen: 'policy-first-seen' };

/** @throws Fault `usage` for a policy that is not the one that `--policy-digest` names. */
function pinned(args: Args, path: string, read: ReadPolicy): ReadPolicy {
  const [want] = readPolicyDigests(args);
  if (want === undefined || want === read.digest) return read;
  throw usage(`${path}: not the policy of --policy-digest: want ${want}, got ${read.digest}`);
}
