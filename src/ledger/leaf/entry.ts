import type { JsonValue } from '../../core/encoding/json.ts';
import { JsonShape } from '../../core/encoding/json-shape.ts';
import { malformed } from '../../core/fault.ts';
import { readDocument, writeDocument } from '../form/document.ts';
import {
  digest,
  type Form,
  members,
  oneOf,
  optional,
  orNull,
  sortedTexts,
  truth,
} from '../form/form.ts';
import { instant } from '../form/instant.ts';
import { LARGEST_ENTRY } from '../tiles/entry-bundle.ts';
import { CERTIFICATE_USES, type DecisionLeaf, type Leaf, type LeafType } from './leaf.ts';
import {
  anchorKind,
  codes,
  codeWord,
  engine,
  leafId,
  line,
  namedPolicy,
  saltedDigest,
  verdict,
} from './terms.ts';

type OfType<Type extends LeafType> = Extract<Leaf, { readonly type: Type }>;

const v = oneOf(1);
const base = <const Type extends LeafType>(type: Type) => ({
  v,
  type: oneOf(type),
  id: leafId,
  time: instant,
});

const endorsementKind = oneOf(
  'amd-chain',
  'amd-crl',
  'ocsp',
  'pck-crl',
  'qe-identity',
  'rim',
  'root-crl',
  'tcb-info',
  'tcb-signing-chain',
  'vek',
);

const FORMS: { readonly [Type in LeafType]: Form<OfType<Type>> } = {
  'policy.published': members({ ...base('policy.published'), policy: namedPolicy }),
  'policy.activated': members({ ...base('policy.activated'), policy: namedPolicy }),
  'policy.deprecated': members({
    ...base('policy.deprecated'),
    policy: namedPolicy,
    sunset: instant,
  }),
  'policy.revoked': members({
    ...base('policy.revoked'),
    policy: namedPolicy,
    reason: line(8, 500),
  }),
  decision: members<DecisionLeaf>({
    ...base('decision'),
    engine,
    at: instant,
    policy: orNull(namedPolicy),
    verdict,
    authentic: truth,
    anchors: anchorKind,
    codes,
    subject: saltedDigest,
    record: digest,
    ear: optional(digest),
  }),
  'admission.granted': members({ ...base('admission.granted'), decision: leafId, until: instant }),
  'admission.refused': members({
    ...base('admission.refused'),
    decision: leafId,
    code: codeWord,
  }),
  'admission.revoked': members({
    ...base('admission.revoked'),
    admission: leafId,
    code: codeWord,
  }),
  'key.bound': members({ ...base('key.bound'), decision: leafId, keyset: saltedDigest }),
  'certificate.issued': members({
    ...base('certificate.issued'),
    decision: leafId,
    use: oneOf(...CERTIFICATE_USES),
    certificate: digest,
    authority: digest,
    bundle: digest,
    key: saltedDigest,
    names: saltedDigest,
    until: instant,
  }),
  'endorsements.seen': members({
    ...base('endorsements.seen'),
    set: digest,
    kinds: sortedTexts(endorsementKind, 10),
  }),
  'anchor.changed': members({
    ...base('anchor.changed'),
    vendor: oneOf('tdx', 'snp', 'nvidia.device', 'nvidia.rim'),
    anchor: digest,
    change: oneOf('added', 'removed'),
  }),
  'operator.override': members({
    ...base('operator.override'),
    operator: digest,
    action: codeWord,
    until: instant,
    reason: line(8, 500),
  }),
  'gateway.started': members({
    ...base('gateway.started'),
    engine,
    origin: line(1, 255),
    config: digest,
  }),
};

const LEAF: Form<Leaf> = {
  write: (leaf, path, sink) => formOf(leaf.type, path).write(leaf, path, sink),
  read: (value, path, source) => formOf(typeIn(value, path), path).read(value, path, source),
};

const ENTRY = { name: 'leaf', most: LARGEST_ENTRY, form: LEAF };

/**
 * An entry of the log: the very bytes that are hashed.
 *
 * @throws Fault `malformed` or `usage` at the member that no leaf of its type may have so.
 */
export function writeLeaf(leaf: Leaf): Uint8Array {
  const bytes = writeDocument(ENTRY, leaf);
  readDocument(ENTRY, bytes);
  return bytes;
}

/**
 * Reads a leaf, which is canonical JSON: these bytes are the only ones that say it.
 *
 * @throws Fault `malformed` at `leaf…`, also for a type or a member that is not known.
 */
export function parseLeaf(entry: Uint8Array): Leaf {
  return readDocument(ENTRY, entry);
}

/** @throws Fault `malformed` at `leaf…`, also for a leaf of another type. */
export function parseDecisionLeaf(entry: Uint8Array): DecisionLeaf {
  const leaf = parseLeaf(entry);
  if (leaf.type === 'decision') return leaf;
  throw malformed('leaf.type', `want decision, got ${leaf.type}`);
}

function typeIn(value: JsonValue | undefined, path: string): string {
  return new JsonShape(value, path).string('type');
}

function formOf(type: string, path: string): Form<Leaf> {
  if (!Object.hasOwn(FORMS, type)) {
    throw malformed(`${path}.type`, `unknown type ${JSON.stringify(type)}`);
  }
  return FORMS[type as LeafType] as Form<unknown> as Form<Leaf>;
}
