import { digestOf } from '../../appraisal/policy/signing/canonical-document.ts';
import { Fault, malformed } from '../../core/fault.ts';
import { base64 } from '../form/base64.ts';
import { readDocument, writeDocument } from '../form/document.ts';
import { count, type Form, members, oneOf, unwritable } from '../form/form.ts';
import { textMap } from '../form/text-map.ts';
import { parseDecisionLeaf } from '../leaf/entry.ts';
import type { DecisionLeaf } from '../leaf/leaf.ts';
import { LARGEST_ENTRY } from '../tiles/entry-bundle.ts';
import { LARGEST_MANIFEST, type Manifest, parseManifest } from './manifest.ts';
import type { BlobLookup } from './replay.ts';

/** A decision with its place in the log and all that it saw, to be looked at anywhere. */
export interface ExportedDecision {
  /** Of the leaf, in the log of the proof. */
  readonly index: number;
  /** The leaf's exact bytes: what the proof is about. */
  readonly entry: Uint8Array;
  /** A `c2sp.org/tlog-proof@v1`, as text: it shows that the leaf stands in the log, and is the caller's to verify. */
  readonly proof: string;
  /** Exact bytes. */
  readonly manifest: Uint8Array;
}

/** What was read of a file, and the bytes that its manifest names. */
export interface OpenedExport extends ExportedDecision {
  readonly leaf: DecisionLeaf;
  readonly record: Manifest;
  readonly blobOf: BlobLookup;
}

interface ExportFile {
  readonly v: 1;
  readonly index: number;
  readonly leaf: Uint8Array;
  readonly proof: string;
  readonly manifest: Uint8Array;
  /** By digest. */
  readonly blobs: ReadonlyMap<string, Uint8Array>;
}

/** In bytes, as JSON; a machine with 12 devices has less than 1 MiB. */
const LARGEST_EXPORT = 256 * 1024 * 1024;
const LARGEST_BLOB = 64 * 1024 * 1024;
const MOST_BLOBS = 65_536;
/** In characters: a checkpoint with hundreds of cosignatures. */
const LONGEST_PROOF = 1024 * 1024;

const proofText: Form<string> = {
  write: (value, path) => {
    if (isProof(value)) return value;
    throw unwritable(path, `want 1 to ${LONGEST_PROOF} characters`);
  },
  read: (value, path) => {
    if (typeof value === 'string' && isProof(value)) return value;
    throw malformed(path, `want 1 to ${LONGEST_PROOF} characters`);
  },
};

function isProof(text: string): boolean {
  return text !== '' && text.length <= LONGEST_PROOF && text.isWellFormed();
}

const EXPORT = {
  name: 'export',
  most: LARGEST_EXPORT,
  form: members<ExportFile>({
    v: oneOf(1),
    index: count(Number.MAX_SAFE_INTEGER),
    leaf: base64(LARGEST_ENTRY),
    proof: proofText,
    manifest: base64(LARGEST_MANIFEST),
    blobs: textMap(base64(LARGEST_BLOB), MOST_BLOBS),
  }),
};

/**
 * The file, `application/vnd.postern.decision+json`: canonical JSON.
 *
 *     { "v": 1, "index": 7, "leaf": "<base64>", "proof": "c2sp.org/tlog-proof@v1\n…",
 *       "manifest": "<base64>", "blobs": { "sha256:…": "<base64>", … } }
 *
 * @throws Fault `unreachable` for a blob that is not archived any more, `malformed` for one that is
 *   of another digest, and for leaf or manifest.
 */
export function writeExport(decision: ExportedDecision, blobOf: BlobLookup): Uint8Array {
  const { index, entry, proof, manifest } = decision;
  parseDecisionLeaf(entry);
  const { blobs: names } = parseManifest(manifest);
  const blobs = new Map(
    names.map((digest) => {
      const bytes = blobOf(digest);
      if (bytes === undefined) throw new Fault('unreachable', digest, 'is not archived any more');
      if (digestOf(bytes) !== digest) throw malformed(digest, 'the archive has other bytes');
      return [digest, bytes] as const;
    }),
  );
  return writeDocument(EXPORT, { v: 1, index, leaf: entry, proof, manifest, blobs });
}

/**
 * Reads a file that holds together in itself: the leaf's record is this manifest, and all that the
 * manifest names is there, and nothing else. Whether the leaf says what the manifest says, whether
 * the proof proves it, and whether the decision can be made again, are questions of their own.
 *
 * @throws Fault `malformed` at `export…`, `leaf…` or `manifest…`.
 */
export function parseExport(bytes: Uint8Array): OpenedExport {
  const { index, leaf: entry, proof, manifest, blobs } = readDocument(EXPORT, bytes);
  const leaf = parseDecisionLeaf(entry);
  const record = parseManifest(manifest);
  if (leaf.record !== record.digest) {
    throw malformed(
      'export.manifest',
      `want ${leaf.record}, which the leaf names, got ${record.digest}`,
    );
  }
  const missing = record.blobs.find((digest) => !blobs.has(digest));
  if (missing !== undefined) throw malformed('export.blobs', `${missing} is missing`);
  const idle = blobs.size > record.blobs.length;
  if (idle) throw malformed('export.blobs', 'holds what the manifest does not name');
  for (const [digest, blob] of blobs) {
    const got = digestOf(blob);
    if (got !== digest) throw malformed(`export.blobs.${digest}`, `is ${got}`);
  }
  return { index, entry, proof, manifest, leaf, record, blobOf: (digest) => blobs.get(digest) };
}
