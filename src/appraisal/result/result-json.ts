import { sha256 } from '#crypto';
import { toHex } from '../../core/bytes/hex.ts';
import { utf8 } from '../../core/bytes/text.ts';
import type { Verification } from '../../evidence/verification.ts';
import type { Appraisal } from '../appraise/appraisal.ts';

/** An answer that rests on answers of its own. */
export interface WithParts extends Verification {
  readonly parts?: readonly WithParts[];
}

export function isAppraisal(result: Verification): result is Appraisal {
  return 'policy' in result && 'reasons' in result;
}

/** DESIGN's JSON object, and the same for each part, all the way down. */
export function treeJson(result: WithParts): object {
  const { parts } = result;
  return { ...verificationJson(result), ...(parts && { parts: parts.map(treeJson) }) };
}

/** The members of DESIGN's JSON object, in its order, and nothing else. */
export function verificationJson(result: Verification) {
  const { verdict, authentic, evidence, anchors, revocation, at, until, tcb, checks, claims } =
    result;
  return {
    verdict,
    authentic,
    evidence,
    anchors,
    revocation,
    at,
    ...(until !== undefined && { until }),
    ...(tcb && { tcb }),
    checks,
    claims,
    ...decisionJson(result),
  };
}

/** What a decision has in JSON beside a verification. */
function decisionJson(result: Verification) {
  if (!isAppraisal(result)) return {};
  const { policy, nearest, reasons, warnings, labels } = result;
  return { policy, ...(nearest && { nearest }), reasons, warnings, labels };
}

/**
 * `sha256:<hex>` of what `--json` prints of a result, in canonical form (RFC 8785), without the
 * members `clocks` and `notes`: the one repeats the command line, the other the rest.
 *
 * I-JSON has no text with half a surrogate pair, but evidence may: it stands in the digest as
 * in the output, escaped (`\ud800`).
 */
export function resultDigest(result: WithParts): string {
  const { endorsements = [] } = result;
  const whole = { ...treeJson(result), ...(endorsements.length > 0 && { endorsements }) };
  return `sha256:${toHex(sha256(utf8(canonicalText(whole))))}`;
}

function canonicalText(value: unknown): string {
  const names = { odd: false };
  const text = JSON.stringify(inOrder(value, names));
  return names.odd ? written(value) : text;
}

/**
 * A copy whose members stand in order, for `JSON.stringify`, which is many times as quick as
 * writing them one by one. Names that look like indexes stand before all others in any object,
 * and `__proto__` is none that can be set: whoever has such is told.
 */
function inOrder(value: unknown, names: { odd: boolean }): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => inOrder(item, names));
  const members = value as Readonly<Record<string, unknown>>;
  const copy: Record<string, unknown> = {};
  for (const name of Object.keys(members).sort()) {
    const first = name.charCodeAt(0);
    if ((first >= 0x30 && first <= 0x39) || name === '__proto__') names.odd = true;
    copy[name] = inOrder(members[name], names);
  }
  return copy;
}

function written(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(written).join(',')}]`;
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${written(member)}`);
  return `{${members.join(',')}}`;
}
