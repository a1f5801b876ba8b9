import type { Appraisal } from '../../appraisal/appraise/appraisal.ts';
import { appraise } from '../../appraisal/appraise/appraise.ts';
import { type CompiledPolicy, compilePolicy } from '../../appraisal/appraise/compiled-policy.ts';
import { type BundleVerification, BundleVerifier } from '../../appraisal/bundle/verifier.ts';
import { digestOf } from '../../appraisal/policy/signing/canonical-document.ts';
import { readPayload } from '../../appraisal/policy/signing/signed-policy.ts';
import { resultDigest } from '../../appraisal/result/result-json.ts';
import { canonicalJson } from '../../core/encoding/jcs.ts';
import type { JsonObject } from '../../core/encoding/json.ts';
import { Fault, malformed } from '../../core/fault.ts';
import type { AnchorKind } from '../../core/x509/anchors.ts';
import { Memory } from '../../evidence/memory.ts';
import type { CheckId, Verdict } from '../../evidence/verdict.ts';
import type { BlobSource } from '../form/form.ts';
import { anchorsOf } from './anchors.ts';
import { heldToken, type TokenFinding } from './held-token.ts';
import {
  type Manifest,
  openManifest,
  type RecordedResult,
  type Recording,
  readRecording,
} from './manifest.ts';
import { hardwareIds, outcomeOf, recordedResult } from './outcome.ts';
import { PolicyAgain, type PolicyFinding, type SigningAgain } from './policy-again.ts';

/** What is archived under a digest, or undefined where nothing is any more. */
export type BlobLookup = (digest: string) => Uint8Array | undefined;

/**
 * What can come out otherwise: `result` is the whole of what `--json` says, `signing` that the
 * policy was signed, not revoked and next in its chain by the record's own keyring, `token` the
 * recorded result token, which is no token of this decision.
 */
export type Difference =
  | 'verdict'
  | 'authentic'
  | 'anchors'
  | 'codes'
  | 'result'
  | 'subject'
  | 'policy'
  | 'signing'
  | 'token';

export type Replay =
  | {
      readonly outcome: 'same';
      readonly verdict: Verdict;
      readonly codes: readonly CheckId[];
      /** Whose roots it rests on: nobody but a vendor vouches for what rests on others. */
      readonly anchors: AnchorKind;
      /** Present where another engine decided then, or something could not be asked again. */
      readonly note?: string;
    }
  | {
      readonly outcome: 'different';
      readonly recorded: RecordedResult;
      readonly replayed: RecordedResult;
      readonly anchors: AnchorKind;
      /** Never empty. */
      readonly which: readonly Difference[];
      /**
       * Where `signing` and `token` differ: checks of the policy that it does not pass, claims of the
       * token that are not this decision's. Present where there are any.
       */
      readonly findings?: readonly (PolicyFinding | TokenFinding)[];
    }
  | {
      readonly outcome: 'not-replayable';
      readonly because: string;
      /** Where it could be made again, and another engine’s word is all that speaks for the record. */
      readonly anchors?: AnchorKind;
    };

export interface ReplayOptions {
  /** What replays: `postern/<version>`. */
  readonly engine: string;
  /**
   * `everything` that `--json` says, which is what is compared unless said, or the `decision`
   * alone: verdict, authenticity, anchors, codes, machine and policy. Of a CPU without devices
   * that is twice as quick.
   */
  readonly compare?: 'everything' | 'decision';
}

/** Fleets have one set of anchors; whoever audits several has a few. */
const MOST_VERIFIERS = 8;
const MOST_POLICIES = 64;

/**
 * Makes recorded decisions again: at their recorded time, with their recorded endorsements,
 * anchors and policy, and nothing else. What comes out is compared with what is recorded.
 *
 * What verifiers remember, and policies once compiled, serve the next record too.
 */
export class Replayer {
  readonly #engine: string;
  readonly #compare: 'everything' | 'decision';
  readonly #verifiers = new Memory<string, BundleVerifier>({
    entries: MOST_VERIFIERS,
    weight: MOST_VERIFIERS,
  });
  readonly #policies = new Memory<string, CompiledPolicy>({
    entries: MOST_POLICIES,
    weight: MOST_POLICIES,
  });
  readonly #signing = new PolicyAgain();
  /** Of what was found to be of its digest. */
  readonly #known = new WeakMap<Uint8Array, string>();

  constructor({ engine, compare = 'everything' }: ReplayOptions) {
    this.#engine = engine;
    this.#compare = compare;
  }

  /**
   * @param manifest its bytes, or what was read of them.
   * @param blobOf whose bytes nobody writes to any more.
   * @throws nothing that a record could cause.
   */
  replay(manifest: Uint8Array | Manifest, blobOf: BlobLookup): Replay {
    const source: BlobSource = (digest) => this.#blob(digest, blobOf);
    try {
      if (manifest instanceof Uint8Array) {
        const opened = openManifest(manifest, source);
        return this.#compared(opened.manifest, opened.recording);
      }
      return this.#compared(manifest, readRecording(manifest.value, source));
    } catch (error) {
      if (!(error instanceof Fault) || error.code === 'internal') throw error;
      return { outcome: 'not-replayable', because: error.message };
    }
  }

  #compared(manifest: Manifest, recording: Recording): Replay {
    const { verified, decided, signing } = this.#decide(manifest, recording);
    const made = outcomeOf(decided);
    const { result: recorded, engine } = recording;
    const which = [
      ...differences(recorded, made),
      ...(this.#compare === 'decision' || resultDigest(decided) === recorded.digest
        ? []
        : (['result'] as const)),
      ...(sameSubject(recording, verified) ? [] : (['subject'] as const)),
      ...(samePolicy(manifest, decided) ? [] : (['policy'] as const)),
      ...(signing.findings.length === 0 ? [] : (['signing'] as const)),
    ];
    const { verdict, codes } = made;
    const { anchors } = decided;
    const own = engine === this.#engine;
    const held = heldToken(recording, manifest, decided);
    const token = own && held.record.length === 0 ? held.replay : held.record;
    if (token.length > 0 || (own && which.length > 0)) {
      // What another release comes to is no difference of the record's.
      const findings = [...(own ? signing.findings : []), ...token];
      return {
        outcome: 'different',
        recorded,
        replayed: recordedResult(decided),
        anchors,
        which: [...(own ? which : []), ...(token.length > 0 ? (['token'] as const) : [])],
        ...(findings.length > 0 && { findings }),
      };
    }
    const { note } = signing;
    if (own)
      return { outcome: 'same', verdict, codes, anchors, ...(note !== undefined && { note }) };
    // Another release may say more about the same answer, in other words.
    const [wording, telling] = [which.includes('result'), which.filter((one) => one !== 'result')];
    if (telling.length > 0) {
      const because = `by its own word ${engine} decided ${recorded.verdict}, and ${this.#engine} comes to ${verdict}: another ${telling.join(', ')}`;
      return { outcome: 'not-replayable', because, anchors };
    }
    const words = wording ? ', in other words' : '';
    const also = note === undefined ? '' : `; ${note}`;
    return {
      outcome: 'same',
      verdict,
      codes,
      anchors,
      note: `${engine} decided, and ${this.#engine} comes to the same${words}${also}`,
    };
  }

  #decide(
    { value, policy: named }: Manifest,
    { anchors, input, policy }: Recording,
  ): {
    verified: BundleVerification;
    decided: BundleVerification | Appraisal;
    signing: SigningAgain;
  } {
    const written = value as JsonObject;
    const roots = canonicalJson(written['anchors'] ?? null);
    const verifier = recalled(
      this.#verifiers,
      roots,
      () => new BundleVerifier(anchorsOf(anchors, 'manifest.anchors')),
    );
    const verified = verifier.verify(input);
    if (policy === null || named === null) {
      return { verified, decided: verified, signing: { findings: [] } };
    }
    const signing = this.#signing.ask(policy, written['policy']);
    const compiled = recalled(this.#policies, named.digest, () =>
      compilePolicy(readPayload(policy.document)),
    );
    return { verified, decided: appraise(verified, compiled, input.at.evidence), signing };
  }

  /** Every byte of it as it was. */
  #blob(digest: string, blobOf: BlobLookup): Uint8Array {
    const bytes = blobOf(digest);
    if (bytes === undefined) throw new Fault('unreachable', digest, 'is not archived any more');
    if (this.#known.get(bytes) === digest) return bytes;
    const got = digestOf(bytes);
    if (got !== digest) throw malformed(digest, `the archive has other bytes, ${got}`);
    this.#known.set(bytes, digest);
    return bytes;
  }
}

/** One decision, nothing remembered; see {@link Replayer} for many. */
export function replayDecision(
  manifest: Uint8Array | Manifest,
  blobOf: BlobLookup,
  options: ReplayOptions,
): Replay {
  return new Replayer(options).replay(manifest, blobOf);
}

function recalled<Value>(memory: Memory<string, Value>, key: string, make: () => Value): Value {
  const held = memory.get(key);
  if (held !== undefined) return held;
  const made = make();
  memory.set(key, made, 1);
  return made;
}

function differences(a: RecordedResult, b: ReturnType<typeof outcomeOf>): readonly Difference[] {
  return [
    ...(a.verdict === b.verdict ? [] : (['verdict'] as const)),
    ...(a.authentic === b.authentic ? [] : (['authentic'] as const)),
    ...(a.anchors === b.anchors ? [] : (['anchors'] as const)),
    ...(a.codes.join() === b.codes.join() ? [] : (['codes'] as const)),
  ];
}

function sameSubject({ subject }: Recording, verified: BundleVerification): boolean {
  const text = (ids: Recording['subject']) => ids.map(({ kind, id }) => `${kind} ${id}`).join();
  return text(subject) === text(hardwareIds(verified));
}

function samePolicy({ policy }: Manifest, decided: BundleVerification | Appraisal): boolean {
  const said = 'policy' in decided ? decided.policy : undefined;
  if (policy === null || said === undefined) return policy === null && said === undefined;
  const { name, revision, digest } = said;
  return policy.name === name && policy.revision === revision && policy.digest === digest;
}
