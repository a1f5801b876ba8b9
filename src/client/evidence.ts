import type { SessionPurpose } from '../appraisal/binding/session-nonce.ts';
import { BUNDLE_LIMITS } from '../appraisal/bundle/format.ts';
import type { BundleExpectation } from '../appraisal/bundle/input.ts';
import { utf8 } from '../core/bytes/text.ts';
import { schemaMisfits } from '../core/document/schema-misfits.ts';
import { fromBase64 } from '../core/encoding/base64.ts';
import { formatTime } from '../core/encoding/time.ts';
import { malformed } from '../core/fault.ts';
import { missingOf, verifyCheckpoint } from '../ledger/trust/judge.ts';
import { challengeOf, writeAttestCall } from '../protocol/attest-call.ts';
import { JSON_TYPE } from '../protocol/media-types.ts';
import { type Epoch, EpochSchema, epochNonce, epochPurpose } from '../protocol/session/epoch.ts';
import { atStage } from './at-stage.ts';
import { PosternError } from './errors.ts';
import type { Credential, Gateway } from './gateway.ts';
import type { JudgedNote, LogMemory } from './log-memory.ts';
import type { LogTrust } from './log-trust.ts';

/** Evidence of a machine, and what makes it evidence of now. */
export interface FreshEvidence {
  /** Exact bytes of a bundle. */
  readonly bundle: Uint8Array;
  readonly expected: BundleExpectation;
  /** The checkpoint that it answers, where it answers one. */
  readonly note: JudgedNote | undefined;
}

const CLIENT = 'client';
const NONCE_SIZE = 32;
/** A bundle in base64, and a note. */
const LARGEST_EPOCH = Math.ceil(BUNDLE_LIMITS.bundle / 3) * 4 + 1024 * 1024;
/** How old a cosignature may be by which evidence is one of now, in milliseconds. */
const OLDEST_EPOCH = 10 * 60_000;

/** One connection of the client's own, which the machine has to know as begun with its keys. */
export interface OwnSession {
  readonly purpose: SessionPurpose;
  /** See `session-nonce.ts`. */
  readonly session: Uint8Array;
}

/** The node answers a nonce that nobody has seen before. @throws as {@link Gateway.bytes}. */
export async function challenge(
  gateway: Gateway,
  node: string,
  randomBytes: (length: number) => Uint8Array,
  credential: Credential,
  own?: OwnSession,
): Promise<FreshEvidence> {
  const call = { nonce: randomBytes(NONCE_SIZE), ...(own ?? { purpose: CLIENT }) };
  const bundle = await gateway.bytes(`/v1/nodes/${node}/evidence`, BUNDLE_LIMITS.bundle, {
    method: 'POST',
    headers: { 'content-type': JSON_TYPE },
    body: writeAttestCall(call),
    credential,
  });
  return {
    bundle,
    expected: { recipes: ['postern-v1'], ...challengeOf(call) },
    note: undefined,
  };
}

/**
 * Evidence that the node has made for all: for a checkpoint with cosignatures, and those times say
 * when, at the earliest.
 *
 * @param now in milliseconds since the epoch; asked when the evidence is there.
 * @throws PosternError `freshness.…`; Fault `malformed` for what is none; as {@link Gateway.bytes}.
 */
export async function epoch(
  gateway: Gateway,
  node: string,
  { trust, memory }: { readonly trust: LogTrust; readonly memory: LogMemory },
  now: () => number,
  credential: Credential,
): Promise<FreshEvidence> {
  const known = await memory.cosignedAt();
  const value = await gateway.json(`/v1/nodes/${node}/epoch`, LARGEST_EPOCH, { credential });
  const [misfit] = schemaMisfits(EpochSchema, value);
  if (misfit) throw malformed(`epoch.${misfit.path}`, misfit.problem);
  const { checkpoint, bundle } = value as Epoch;
  const note = utf8(checkpoint);
  return {
    bundle: fromBase64(bundle, 'epoch.bundle'),
    expected: {
      recipes: ['postern-v1'],
      nonce: epochNonce(note),
      purpose: epochPurpose(trust.origin),
    },
    note: await atStage('freshness', `the epoch of ${node}`, { node }, () =>
      recentNote(note, trust, Math.max(now(), known)),
    ),
  };
}

/**
 * A log's holder may sign a checkpoint early and keep it back; its witnesses say when they saw it.
 *
 * @param now in milliseconds since the epoch: of a clock that is slow, what the witnesses signed
 *   before says more.
 */
function recentNote(note: Uint8Array, { policy, origin }: LogTrust, now: number): JudgedNote {
  const judgement = verifyCheckpoint(note, policy, 'epoch.checkpoint');
  if (judgement.checkpoint.origin !== origin) {
    throw malformed('epoch.checkpoint.origin', `want ${origin}`);
  }
  const recent = judgement.witnesses.filter(({ time }) => {
    const at = Number(time) * 1000;
    return at <= now && now - at <= OLDEST_EPOCH;
  });
  const lacks = missingOf(policy.quorum, new Set(recent.map(({ witness }) => witness)));
  if (policy.quorum !== undefined && lacks.length === 0) return { note, judgement };
  const times = judgement.witnesses.map(
    ({ witness, time }) => `${witness.name} ${formatTime(Number(time) * 1000)}`,
  );
  throw new PosternError(
    'freshness.epoch',
    `want cosignatures of the last ${OLDEST_EPOCH / 60_000} minutes before ${formatTime(now)}: ${lacks.join('; ')} (it has: ${times.join(', ') || 'none'})`,
  );
}
