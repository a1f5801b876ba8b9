import type { ReadPolicy } from '../appraisal/policy/read-policy.ts';
import { CHAIN_CHECKS, SIGNED_POLICY_CHECKS } from '../appraisal/policy/signing/checks.ts';
import { followsOn } from '../appraisal/policy/signing/follows-on.ts';
import type { Keyring } from '../appraisal/policy/signing/keyring.ts';
import { isEnvelope } from '../appraisal/policy/signing/policy-envelope.ts';
import { ownerOf } from '../appraisal/policy/signing/signature-finding.ts';
import {
  type SignedPolicyResult,
  verifySignedPolicy,
} from '../appraisal/policy/signing/signed-policy.ts';
import { formatTime } from '../core/encoding/time.ts';
import { type Check, type Verdict, worstOf } from '../evidence/verdict.ts';
import { AT_OPTION, readAt } from './input.ts';
import { EXIT, type Io, warn } from './io.ts';
import { painter } from './paint.ts';
import { readChain } from './policy-chain.ts';
import { NOT_SIGNED } from './policy-file.ts';
import { KEYRING_OPTIONS, readKeyring } from './policy-keyring.ts';
import { asksFrom, printChecks, printJson, VERDICT_COLOURS } from './render.ts';
import type { Verb } from './verb.ts';
import { visible } from './visible.ts';

export const policyVerifyVerb: Verb = {
  name: 'policy verify',
  summary: 'Verify who signed a policy, that it is not revoked, and how it follows on the last.',
  operands: '<envelope>',
  arity: { min: 1, max: 1 },
  options: {
    ...KEYRING_OPTIONS,
    previous: {
      value: '<envelope>',
      help: 'the revision that was accepted last: asks how this one follows on it',
    },
    'first-seen': {
      value: '<time>',
      help: 'when this revision was first seen, for the activation delay; now by default',
    },
    revocation: { value: '<file>', multiple: true, help: 'a revocation, good or not' },
    ...AT_OPTION,
  },
  notes: [
    'Keys are counted, not signatures. A revocation that too few of the keys signed, or that can’t be read, revokes nothing; it is named on stderr. One that is not given is not known: whoever hands in the policy may have kept it back.',
    'Exit code: 0 valid, 1 not, 2 not decidable: not yet in force, or a revision between is missing.',
  ],
  run: async (io, args) => {
    const { keyring } = await readKeyring(io, args);
    const { all: at } = readAt(io, args, []);
    const before = await readChain(io, args, { previous: 'previous', firstSeen: 'first-seen' });
    const envelope = await io.readFile(args.operand(0));
    if (!isEnvelope(envelope)) warn(io, `${args.operand(0)}: ${NOT_SIGNED}`);
    const revocations = await Promise.all(args.many('revocation').map((path) => io.readFile(path)));
    const signed = verifySignedPolicy({ envelope, keyring, revocations, at });
    for (const sentence of signed.ignored) warn(io, sentence);
    const chain = followsOn(signed, before, keyring, at);
    const answer = {
      verdict: worstOf([signed.verdict, ...(chain ? [chain.verdict] : [])]),
      checks: [...signed.checks, ...(chain?.checks ?? [])],
    };
    if (args.has('json')) printJson(io, answerJson(answer, signed, keyring, at));
    else printAnswer(io, answer, signed, keyring);
    return EXIT[answer.verdict];
  },
};

interface Answer {
  readonly verdict: Verdict;
  readonly checks: readonly Check[];
}

function signersOf({ signed }: SignedPolicyResult, keyring: Keyring) {
  const signers = signed?.signers ?? [];
  return signers.map(({ keyId }) => ({ owner: ownerOf(keyring, keyId), keyId }));
}

function answerJson(
  { verdict, checks }: Answer,
  result: SignedPolicyResult,
  keyring: Keyring,
  at: number,
) {
  return {
    verdict,
    at: formatTime(at),
    checks,
    signers: signersOf(result, keyring),
    threshold: keyring.threshold,
    ignored: result.ignored,
    ...(result.policy && { policy: identityOf(result.policy) }),
  };
}

function identityOf({ policy, digest }: ReadPolicy) {
  const { name, revision, lifecycle } = policy.metadata;
  return { name, revision, digest, state: lifecycle.state };
}

const ASKS = asksFrom({ ...SIGNED_POLICY_CHECKS, ...CHAIN_CHECKS });

function printAnswer(
  io: Io,
  { verdict, checks }: Answer,
  result: SignedPolicyResult,
  keyring: Keyring,
): void {
  printChecks(io, checks, ASKS);
  io.out('\n');
  if (result.policy) {
    const { name, revision, digest, state } = identityOf(result.policy);
    io.out(`${visible(`${name}, revision ${revision}, ${state}`)}\n${digest}\n`);
  }
  for (const { owner, keyId } of signersOf(result, keyring)) {
    io.out(`signed by ${visible(owner)} (${keyId})\n`);
  }
  const paint = painter(io.colours);
  io.out(`\n${paint('bold', paint(VERDICT_COLOURS[verdict], WORDS[verdict]))}\n`);
}

const WORDS = { accept: 'VALID', reject: 'NOT VALID', indeterminate: 'NOT DECIDABLE' } as const;
