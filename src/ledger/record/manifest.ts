import { readCanonicalDocument } from '../../appraisal/policy/signing/canonical-document.ts';
import type { JsonValue } from '../../core/encoding/json.ts';
import { malformed } from '../../core/fault.ts';
import type { AnchorKind } from '../../core/x509/anchors.ts';
import type { CheckId, Verdict } from '../../evidence/verdict.ts';
import {
  type BlobSource,
  blob,
  digest,
  type Form,
  hexBytes,
  list,
  members,
  oneOf,
  optional,
  orNull,
  text,
  truth,
  unwritable,
} from '../form/form.ts';
import { instant } from '../form/instant.ts';
import { HARDWARE_ID_KINDS, type HardwareId, SALT_SIZE, sortedIds } from '../leaf/salted.ts';
import { anchorKind, codes, engine, leafId, verdict } from '../leaf/terms.ts';
import { type RecordedAnchors, recordedAnchors } from './anchors.ts';
import { type RecordedInput, recordedInput } from './input-form.ts';
import { type RecordedPolicy, recordedPolicy } from './policy-form.ts';

/** What came out, as far as it is compared. */
export interface RecordedResult {
  readonly verdict: Verdict;
  readonly authentic: boolean;
  readonly anchors: AnchorKind;
  /** Ids of the checks that failed or stayed open, each once, sorted. */
  readonly codes: readonly CheckId[];
  /** `sha256:<hex>` of all that `--json` says, see {@link resultDigest}. */
  readonly digest: string;
}

/** All that a decision saw and what came out, so that it can be made again. */
export interface Recording {
  /** 2 where it says on whose word a signed policy was taken, and 1 elsewhere, as all were once. */
  readonly v: 1 | 2;
  readonly type: 'decision';
  readonly id: string;
  /** When it was put down, which is what the leaf says; no clock of the verification. */
  readonly time: number;
  readonly engine: string;
  /** 32 bytes; without it nobody can tell whose the leaf is. */
  readonly salt: Uint8Array;
  /** In clear, by kind and id. */
  readonly subject: readonly HardwareId[];
  readonly anchors: RecordedAnchors;
  readonly input: RecordedInput;
  readonly policy: RecordedPolicy | null;
  readonly result: RecordedResult;
  /** The result token, where one was made. */
  readonly ear?: Uint8Array;
}

/** In bytes; a machine with 12 devices has some 10 KiB. */
export const LARGEST_MANIFEST = 4 * 1024 * 1024;
const MOST_IDS = 4096;
const NAME = 'manifest';

const recordingMembers = members<Recording>({
  v: oneOf(1, 2),
  type: oneOf('decision'),
  id: leafId,
  time: instant,
  engine,
  salt: hexBytes(SALT_SIZE),
  subject: list(
    members<HardwareId>({
      kind: oneOf(...HARDWARE_ID_KINDS),
      id: text(/^[0-9a-z]{1,256}$/, 'digits and lower-case letters'),
    }),
    MOST_IDS,
  ),
  anchors: recordedAnchors,
  input: recordedInput,
  policy: orNull(recordedPolicy),
  result: members<RecordedResult>({
    verdict,
    authentic: truth,
    anchors: anchorKind,
    codes,
    digest,
  }),
  ear: optional(blob),
});

/** A reader of version 1 knows no trust, and must not be told of one in a record that it takes for its own. */
const recordingForm: Form<Recording> = {
  write: (recording, path, sink) => {
    const problem = versionProblem(recording);
    if (problem !== undefined) throw unwritable(`${path}.v`, problem);
    return recordingMembers.write(recording, path, sink);
  },
  read: (value, path, source) => {
    const recording = recordingMembers.read(value, path, source);
    const problem = versionProblem(recording);
    if (problem !== undefined) throw malformed(`${path}.v`, problem);
    return recording;
  },
};

function versionProblem({ v, policy }: Recording): string | undefined {
  const trust = policy?.trust;
  if (trust && !policy.envelope)
    return 'policy.trust is of a signed policy, and there is no envelope';
  const want = versionOf(trust);
  return v === want
    ? undefined
    : `want ${want} ${trust ? 'with' : 'without'} policy.trust, got ${v}`;
}

export function versionOf(trust: object | undefined): Recording['v'] {
  return trust ? 2 : 1;
}

/** The form of a manifest, for whoever writes one: canonical JSON, bytes by their digests. */
export const MANIFEST = { name: NAME, most: LARGEST_MANIFEST, form: recordingForm };

type Head = Pick<Recording, 'id' | 'time' | 'engine' | 'salt' | 'subject' | 'result'>;

/** A manifest that was read; the bytes that it names are elsewhere. */
export interface Manifest extends Head {
  /** The instant that it was decided for. */
  readonly at: number;
  /** Names of the clocks that were set to another instant than `at`. */
  readonly otherClocks: readonly string[];
  /** `sha256:<hex>` of its bytes: the record's name in the leaf. */
  readonly digest: string;
  /** Names of all bytes that it needs, each once, sorted; its own is not among them. */
  readonly blobs: readonly string[];
  readonly policy: {
    readonly name: string;
    readonly revision: number;
    readonly digest: string;
  } | null;
  readonly ear?: string;
  readonly value: JsonValue;
}

/** @throws Fault `malformed` at `manifest…`, also for another text of the same value. */
export function parseManifest(bytes: Uint8Array): Manifest {
  return openManifest(bytes, () => NOT_THERE).manifest;
}

/** The same, and all that it names in place. @throws also what `source` throws. */
export function openManifest(
  bytes: Uint8Array,
  source: BlobSource,
): { readonly manifest: Manifest; readonly recording: Recording } {
  if (bytes.length > LARGEST_MANIFEST) {
    throw malformed(NAME, `larger than ${LARGEST_MANIFEST} bytes`);
  }
  const { value, digest: own } = readCanonicalDocument(bytes, NAME);
  const named = new Set<string>();
  const at = new Map<string, string>();
  const recording = readRecording(value, (name, path) => {
    named.add(name);
    at.set(path, name);
    return source(name, path);
  });
  const { id, time, engine, salt, subject, result, input, policy } = recording;
  const ordered = sortedIds(subject);
  if (subject.some((one, i) => one.kind !== ordered[i]?.kind || one.id !== ordered[i]?.id)) {
    throw malformed(`${NAME}.subject`, 'want each once, sorted by kind and id');
  }
  const ear = at.get(`${NAME}.ear`);
  const manifest: Manifest = {
    digest: own,
    blobs: [...named].sort(),
    value,
    id,
    time,
    engine,
    salt,
    subject,
    result,
    at: input.at.evidence,
    otherClocks: otherClocks(recording),
    policy: policy && {
      name: policy.name,
      revision: policy.revision,
      digest: at.get(`${NAME}.policy.document`) ?? '',
    },
    ...(ear !== undefined && { ear }),
  };
  return { manifest, recording };
}

/** In milliseconds: a policy is taken a moment before the evidence is looked at. */
const NEAR_POLICY = 600_000;

function otherClocks({ input: { at }, policy }: Recording): readonly string[] {
  const names = Object.entries(at)
    .filter(([, instant]) => instant !== at.evidence)
    .map(([name]) => name);
  const far = policy?.trust && Math.abs(policy.trust.at - at.evidence) > NEAR_POLICY;
  return far ? [...names, 'policy'] : names;
}

/** What was read of a manifest, with all bytes in place. @throws what `source` throws. */
export function readRecording(value: JsonValue, source: BlobSource): Recording {
  return recordingForm.read(value, NAME, source);
}

const NOT_THERE = new Uint8Array();
