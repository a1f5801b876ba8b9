import type { Appraisal } from '../../appraisal/appraise/appraisal.ts';
import type { CompiledPolicy } from '../../appraisal/appraise/compiled-policy.ts';
import type { BundleAnchors } from '../../appraisal/bundle/input.ts';
import { digestOf } from '../../appraisal/policy/signing/canonical-document.ts';
import type { PolicyTrust } from '../../appraisal/policy/signing/policy-trust.ts';
import { Fault } from '../../core/fault.ts';
import { writeDocument } from '../form/document.ts';
import { writeLeaf } from '../leaf/entry.ts';
import type { DecisionLeaf } from '../leaf/leaf.ts';
import { saltedSubject } from '../leaf/salted.ts';
import type { NewBlob } from '../store.ts';
import { recordAnchors } from './anchors.ts';
import type { RecordedInput } from './input-form.ts';
import {
  MANIFEST,
  parseManifest,
  type RecordedResult,
  type Recording,
  versionOf,
} from './manifest.ts';
import { type HardwarePieces, hardwareIds } from './outcome.ts';
import type { RecordedPolicy } from './policy-form.ts';

/** A policy as it was used. */
export interface UsedPolicy {
  readonly compiled: CompiledPolicy;
  /** The envelope that it came in, where it was signed: exact bytes. */
  readonly envelope?: Uint8Array;
  /** Envelopes of revocations that were at hand, good or not. */
  readonly revocations: readonly Uint8Array[];
  /** On whose word, where it was signed: without it no replay can ask who signed it. */
  readonly trust?: PolicyTrust;
}

/** A decision that was just made, and all that it was made from. */
export interface Decision {
  /** 16 random bytes in lower-case hex. */
  readonly id: string;
  /** When it is put down, in milliseconds since the epoch; no clock of the verification. */
  readonly time: number;
  /** What decided: `postern/<version>`. */
  readonly engine: string;
  /** 32 random bytes, for this record alone. */
  readonly salt: Uint8Array;
  /** What the verifier was given, the bundle in its exact bytes. */
  readonly input: RecordedInput & { readonly anchors: BundleAnchors };
  /** Which hardware the evidence is of. */
  readonly verified: { readonly pieces: HardwarePieces };
  /** What came out, by the policy where there was one: see {@link recordedResult}. */
  readonly result: RecordedResult;
  /** What a policy made of it; left out where the baseline alone decided. */
  readonly decided?: {
    readonly policy: UsedPolicy;
    readonly appraisal: Pick<Appraisal, 'policy'>;
  };
  /** The result token, where one was made: exact bytes, of this decision's `id` and evidence. */
  readonly ear?: Uint8Array;
}

/** What is to be kept of a decision. */
export interface CapturedDecision {
  readonly leaf: DecisionLeaf;
  /** The leaf's bytes, which the log hashes. */
  readonly entry: Uint8Array;
  /** Digest of the manifest: the record's name. */
  readonly record: string;
  readonly manifest: Uint8Array;
  /** What the manifest names, each once, sorted by digest; the manifest is not among them. */
  readonly blobs: readonly NewBlob[];
}

/**
 * What a decision saw, said so completely that it can be made again anywhere, at any time.
 *
 * @throws Fault `usage` for what no record can hold, e.g. somebody's own root under a vendor's name.
 */
export function captureDecision(decision: Decision): CapturedDecision {
  const { id, time, engine, salt, input: given, verified, result, decided, ear } = decision;
  const { anchors, ...input } = given;
  const subject = hardwareIds(verified);
  const recording: Recording = {
    v: versionOf(decided?.policy.trust),
    type: 'decision',
    id,
    time,
    engine,
    salt,
    subject,
    anchors: recordAnchors(anchors, `${MANIFEST.name}.anchors`),
    input,
    policy: decided ? recordedPolicy(decided.policy, decided.appraisal) : null,
    result,
    ...(ear && { ear }),
  };
  const blobs = new Map<string, Uint8Array>();
  const manifest = writeDocument(MANIFEST, recording, (bytes) => {
    const digest = digestOf(bytes);
    // A copy: what is recorded must not change with the caller's buffer.
    if (!blobs.has(digest)) blobs.set(digest, new Uint8Array(bytes));
    return digest;
  });
  // Every record that is written can be read.
  const { digest: record, policy, ear: token } = parseManifest(manifest);
  const leaf: DecisionLeaf = {
    v: 1,
    type: 'decision',
    id,
    time,
    engine,
    at: input.at.evidence,
    policy,
    verdict: result.verdict,
    authentic: result.authentic,
    anchors: result.anchors,
    codes: result.codes,
    subject: saltedSubject(salt, subject),
    record,
    ...(token !== undefined && { ear: token }),
  };
  return { leaf, entry: writeLeaf(leaf), record, manifest, blobs: sorted(blobs) };
}

function recordedPolicy(
  used: UsedPolicy,
  { policy: said }: Pick<Appraisal, 'policy'>,
): RecordedPolicy {
  const { compiled, envelope, revocations, trust } = used;
  const { metadata } = compiled.policy;
  const { canonical, digest } = compiled.read;
  if (said.digest !== digest) {
    throw new Fault('usage', 'record.policy', `decided by ${said.digest}, and not by ${digest}`);
  }
  return {
    name: metadata.name,
    revision: metadata.revision,
    document: canonical,
    ...(envelope && { envelope }),
    revocations,
    ...(trust && { trust }),
  };
}

function sorted(blobs: ReadonlyMap<string, Uint8Array>): readonly NewBlob[] {
  return [...blobs]
    .map(([digest, bytes]) => ({ digest, bytes }))
    .sort((a, b) => (a.digest < b.digest ? -1 : 1));
}
