import { sha256 } from '#crypto';
import { toHex } from '../../core/bytes/hex.ts';
import { fromUtf8, utf8 } from '../../core/bytes/text.ts';
import type { Misfit } from '../../core/document/explain-shape.ts';
import { type Problem, problemLine } from '../../core/document/problem.ts';
import { schemaMisfits } from '../../core/document/schema-misfits.ts';
import { LARGEST_DOCUMENT, readYaml, type YamlText } from '../../core/document/yaml-text.ts';
import { canonicalJson } from '../../core/encoding/jcs.ts';
import { type JsonValue, parseJson } from '../../core/encoding/json.ts';
import { Fault, malformed } from '../../core/fault.ts';
import { misunderstandings } from './meaning.ts';
import { type Policy, PolicySchema } from './schema/policy.ts';

/** A policy and its identity. */
export interface ReadPolicy {
  readonly policy: Policy;
  /** RFC 8785: the one text of this policy, whatever it was written in. */
  readonly canonical: Uint8Array;
  /** `sha256:<hex>` of the canonical bytes. */
  readonly digest: string;
}

/**
 * Reads a policy from YAML or JSON, and says all that is wrong with it.
 *
 * @returns `problems` empty, and the policy; or no policy and at least one problem.
 */
export function tryPolicy(bytes: Uint8Array): {
  readonly read: ReadPolicy | undefined;
  readonly problems: readonly Problem[];
} {
  const json = jsonIn(bytes);
  const misfits = json === undefined ? [] : problemsOf(json);
  if (json !== undefined && misfits.length === 0) return { read: identify(json), problems: [] };
  const { value, problems, placeOf } = readYaml(bytes);
  // JSON is YAML too, and read again for the places alone.
  if (misfits.length > 0) return refused(misfits, placeOf);
  if (value === undefined) return { read: undefined, problems };
  if (value === null) return refused([{ path: '', problem: 'the file is empty' }], placeOf);
  const wrong = problemsOf(value);
  return wrong.length > 0 ? refused(wrong, placeOf) : { read: identify(value), problems: [] };
}

function refused(misfits: readonly Misfit[], placeOf: YamlText['placeOf']) {
  const problems = misfits.map((misfit) => ({ ...misfit, ...placeOf(misfit.path) }));
  return { read: undefined, problems };
}

function problemsOf(value: JsonValue): readonly Misfit[] {
  const misfits = schemaMisfits(PolicySchema, value);
  return misfits.length > 0 ? misfits : misunderstandings(value as Policy);
}

const BRACE = 0x7b;

/**
 * Canonical JSON is read by the reader of JSON, many times as fast as by that of YAML; what it
 * refuses is read again, to say where.
 */
function jsonIn(bytes: Uint8Array): JsonValue | undefined {
  if (bytes[0] !== BRACE || bytes.length > LARGEST_DOCUMENT) return undefined;
  try {
    return parseJson(fromUtf8(bytes, 'policy'), 'policy').value;
  } catch (error) {
    if (error instanceof Fault && error.code !== 'internal') return undefined;
    throw error;
  }
}

/**
 * The same for those who can only use a policy that is right.
 *
 * @param name of the file, for the message.
 * @throws Fault `malformed` at the first problem, with its line and column.
 */
export function readPolicy(bytes: Uint8Array, name = 'policy'): ReadPolicy {
  const { read, problems } = tryPolicy(bytes);
  if (read) return read;
  const [first, ...more] = problems;
  const others = more.length > 0 ? ` (and ${more.length} more: postern policy lint)` : '';
  const at = first === undefined ? '' : problemLine(name, first);
  throw malformed('policy', `${at}${others}`);
}

function identify(value: JsonValue): ReadPolicy {
  const canonical = utf8(canonicalJson(value, 'policy'));
  return {
    policy: freeze(value) as Policy,
    canonical,
    digest: `sha256:${toHex(sha256(canonical))}`,
  };
}

/** What has an identity must not change any more. */
function freeze(value: JsonValue): JsonValue {
  if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) freeze(part as JsonValue);
    Object.freeze(value);
  }
  return value;
}
