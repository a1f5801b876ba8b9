import { equalBytes } from '../../core/bytes/equal.ts';
import { malformed } from '../../core/fault.ts';
import { type Checkpoint, parseSignedCheckpoint } from '../note/checkpoint.ts';
import type { SignedNote } from '../note/signed-note.ts';
import type { VerifierKey } from '../note/verifier-key.ts';
import { type GoodSignature, verifyNote } from '../note/verify-note.ts';
import type { PolicyMember, PolicyWitness, TlogPolicy } from './tlog-policy.ts';

/** What a policy has to say of a checkpoint whose signatures, as far as they are known, are good. */
export interface Judgement {
  readonly checkpoint: Checkpoint;
  readonly note: SignedNote;
  /** Keys of the log that signed: such as bear the name of its origin. */
  readonly logs: readonly VerifierKey[];
  /** Witnesses of the policy that signed, whether the quorum needs them or not. */
  readonly witnesses: readonly WitnessedAt[];
  /** What is not as the policy wants it, one sentence each; the checkpoint is trusted if none is. */
  readonly missing: readonly string[];
}

export interface WitnessedAt {
  readonly witness: PolicyWitness;
  /** Seconds since the epoch; 0 where the witness says nothing of the time. */
  readonly time: bigint;
}

/**
 * Judges a checkpoint: a known log has to have signed, and a quorum of distinct witnesses.
 *
 * @throws Fault `malformed` for what is no checkpoint, and when a signature of a log or witness of
 *   the policy is not good, or none of theirs is there.
 */
export function judgeCheckpoint(
  bytes: Uint8Array,
  policy: TlogPolicy,
  at = 'checkpoint',
): Judgement {
  const { checkpoint, note } = parseSignedCheckpoint(bytes, at);
  const good = verifyNote(note, keysOf(policy), at);
  const signed = (key: VerifierKey) => good.find((signature) => sameKey(signature.key, key));
  const logs = policy.logs.map(({ key }) => key).filter((key) => key.name === checkpoint.origin);
  const signers = logs.filter(signed);
  const witnesses = policy.witnesses.flatMap((witness) =>
    witnessedAt(witness, signed(witness.key)),
  );
  const missing = [
    ...(signers.length > 0 ? [] : [`no signature of a known log named ${checkpoint.origin}`]),
    ...missingOf(policy.quorum, new Set(witnesses.map(({ witness }) => witness))),
  ];
  return { checkpoint, note, logs: signers, witnesses, missing };
}

/** The same, for who takes only a checkpoint that is trusted. @throws Fault `malformed` too when anything is missing. */
export function verifyCheckpoint(
  bytes: Uint8Array,
  policy: TlogPolicy,
  at = 'checkpoint',
): Judgement {
  const judgement = judgeCheckpoint(bytes, policy, at);
  if (judgement.missing.length > 0) throw malformed(at, judgement.missing.join('; '));
  return judgement;
}

/** A log may be a witness of the others by the same key, which the note then has one signature of. */
function keysOf({ logs, witnesses }: TlogPolicy): readonly VerifierKey[] {
  const keys: VerifierKey[] = logs.map(({ key }) => key);
  for (const { key } of witnesses) if (!keys.some((other) => sameKey(other, key))) keys.push(key);
  return keys;
}

function sameKey(a: VerifierKey, b: VerifierKey): boolean {
  return a.id === b.id && a.name === b.name && equalBytes(a.publicKey, b.publicKey);
}

function witnessedAt(
  witness: PolicyWitness,
  signature: GoodSignature | undefined,
): readonly WitnessedAt[] {
  return signature?.time === undefined ? [] : [{ witness, time: signature.time }];
}

/** What a policy's quorum lacks where these witnesses signed, one sentence each. */
export function missingOf(
  quorum: PolicyMember | undefined,
  signed: ReadonlySet<PolicyWitness>,
): readonly string[] {
  if (quorum === undefined || hasWitnessed(quorum, signed)) return [];
  if (quorum.kind === 'witness') return [`no cosignature of witness ${quorum.name}`];
  const [are, lack] = [[], []] as [string[], string[]];
  for (const member of quorum.members) {
    (hasWitnessed(member, signed) ? are : lack).push(member.name);
  }
  return [
    `group ${quorum.name} needs ${quorum.threshold} of ${quorum.members.length}, ` +
      `has ${are.length}: lacks ${lack.join(', ')}`,
  ];
}

/** Each witness is in one place of the tree of groups at most, so none counts twice. */
function hasWitnessed(member: PolicyMember, signed: ReadonlySet<PolicyWitness>): boolean {
  if (member.kind === 'witness') return signed.has(member);
  const count = member.members.filter((one) => hasWitnessed(one, signed)).length;
  return count >= member.threshold;
}
