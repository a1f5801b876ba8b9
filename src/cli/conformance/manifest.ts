import { fromUtf8 } from '../../core/bytes/text.ts';
import { canonicalJson } from '../../core/encoding/jcs.ts';
import { type JsonValue, parseJson } from '../../core/encoding/json.ts';
import { JsonShape } from '../../core/encoding/json-shape.ts';
import { malformed } from '../../core/fault.ts';

/** One case of a vector manifest, as it is written. */
export interface Case {
  readonly id: string;
  /** Role to path, relative to the manifest's folder. Only a runner knows which roles it reads. */
  readonly files: Readonly<Record<string, JsonValue>>;
  /** One time for everything, one a kind of endorsement, or null where no clock is needed. */
  readonly at: string | Readonly<Record<string, string>> | null;
  readonly trust: 'vendor' | 'test-root' | 'none';
  readonly trustFile: string | undefined;
  /** The root of NVIDIA's manifests, where they are under another than the devices. */
  readonly rimTrustFile: string | undefined;
  readonly expect: Expectation;
}

export interface Expectation {
  readonly verdict: string;
  readonly authentic: boolean | undefined;
  /** Only this part of the evidence is given: `report-and-chain`, `parse-only`, … */
  readonly scope: string | undefined;
  /** Where we are stricter than the library that the statuses were measured with: `reject-recommended`, … */
  readonly level: string | undefined;
  readonly fields: Readonly<Record<string, JsonValue>>;
  /** The challenge that the evidence is asked for, where it is another than its own. */
  readonly nonce: Uint8Array | undefined;
  /** TCB status, its components' statuses and advisories, where stated. */
  readonly tcb: Readonly<Record<string, JsonValue>>;
  /** Exact ids of failed and unresolved checks, where stated. */
  readonly failed: readonly string[] | undefined;
  readonly unresolved: readonly string[] | undefined;
}

const VERDICTS = ['accept', 'reject', 'indeterminate', 'accept-or-reject-by-policy', 'per-vector'];
const COUNTS = ['vectors', 'accept', 'reject'];
const TCB_MEMBERS = ['tcbStatus', 'platformStatus', 'moduleStatus', 'qeStatus', 'advisories'];

/** @throws Fault `malformed` at `manifest[<i>].<member>`. */
export function parseManifest(bytes: Uint8Array): readonly Case[] {
  const { value } = parseJson(fromUtf8(bytes, 'manifest'), 'manifest');
  if (!Array.isArray(value)) throw malformed('manifest', 'want an array of cases');
  return value.map((item, i) => parseCase(new JsonShape(item, `manifest[${i}]`)));
}

function parseCase(shape: JsonShape): Case {
  const trust = shape.string('trust');
  if (trust !== 'vendor' && trust !== 'test-root' && trust !== 'none') {
    throw malformed(`${shape.path}.trust`, `want vendor, test-root or none, got ${trust}`);
  }
  return {
    id: shape.string('id'),
    files: members(shape.object('files')),
    at: parseAt(shape),
    trust,
    trustFile: shape.has('trustFile') ? shape.string('trustFile') : undefined,
    rimTrustFile: shape.has('rimTrustFile') ? shape.string('rimTrustFile') : undefined,
    expect: parseExpectation(shape.object('expect')),
  };
}

function parseAt(shape: JsonShape): Case['at'] {
  const at = shape.value('at');
  if (at === null || typeof at === 'string') return at;
  const kinds = shape.object('at');
  return Object.fromEntries(kinds.names().map((name) => [name, kinds.string(name)]));
}

function parseExpectation(shape: JsonShape): Expectation {
  const verdict = shape.string('verdict');
  if (!VERDICTS.includes(verdict)) {
    throw malformed(`${shape.path}.verdict`, `want ${VERDICTS.join(', ')}, got ${verdict}`);
  }
  const tcb = Object.entries(members(shape)).filter(([name]) => TCB_MEMBERS.includes(name));
  return {
    verdict,
    authentic: shape.has('authentic') ? shape.boolean('authentic') : undefined,
    scope: shape.has('scope') ? shape.string('scope') : undefined,
    level: shape.has('level') ? shape.string('level') : undefined,
    fields: { ...(shape.has('fields') && members(shape.object('fields'))), ...countsIn(shape) },
    nonce: shape.has('expectedNonce') ? shape.hex('expectedNonce', 32) : undefined,
    tcb: Object.fromEntries(tcb),
    failed: shape.has('failed') ? shape.strings('failed') : undefined,
    unresolved: shape.has('unresolved') ? shape.strings('unresolved') : undefined,
  };
}

/** How many vectors a file has, and how many of these are good: said of `per-vector` only. */
function countsIn(shape: JsonShape): Readonly<Record<string, JsonValue>> {
  if (shape.value('verdict') !== 'per-vector') return {};
  return Object.fromEntries(
    Object.entries(members(shape)).filter(([name]) => COUNTS.includes(name)),
  );
}

function members(shape: JsonShape): Readonly<Record<string, JsonValue>> {
  return Object.fromEntries(shape.names().map((name) => [name, shape.value(name) ?? null]));
}

/** The one text of a value, to compare what came out with what a manifest wants. */
export function sameJson(a: JsonValue | undefined, b: JsonValue): boolean {
  return a !== undefined && canonicalJson(a) === canonicalJson(b);
}
