import { toHex } from '../../../core/bytes/hex.ts';
import { fromUtf8 } from '../../../core/bytes/text.ts';
import { parseJson } from '../../../core/encoding/json.ts';
import { JsonShape } from '../../../core/encoding/json-shape.ts';
import { malformed } from '../../../core/fault.ts';
import type { Mismatch } from '../../../core/mismatch.ts';
import { CheckList } from '../../../evidence/check-list.ts';
import { conclude } from '../../../evidence/verdict.ts';
import type { Outcome } from '../outcome.ts';

/** One published vector: what it shows, or why it is about something that nobody here does. */
export type SealedVector =
  | { readonly notOurs: string }
  /** The first difference; @throws Fault `malformed` for a vector that is none. */
  | { readonly problem: () => Mismatch | undefined };

const CHECKS = {
  'sealed.vector': { path: 'vectors' },
  'sealed.other-vector': { path: 'vectors' },
} as const;

const REQUIRED = new Set(['sealed.vector'] as const);

/** Every vector of a file; those that are not ours are counted by their reasons. */
export function outcomeOf(vectors: readonly SealedVector[]): Outcome {
  const checks = new CheckList(CHECKS);
  const reasons = new Map<string, number>();
  for (const [i, vector] of vectors.entries()) {
    if ('notOurs' in vector) {
      checks.skipped('sealed.other-vector', `vectors[${i}]: ${vector.notOurs}`);
      reasons.set(vector.notOurs, (reasons.get(vector.notOurs) ?? 0) + 1);
    } else {
      checks.read('sealed.vector', () => vector.problem() ?? vector);
    }
  }
  const notOurs = Object.fromEntries(reasons);
  const ours = vectors.length - checks.all.filter(({ outcome }) => outcome === 'skipped').length;
  const others = [...reasons].map(([reason, count]) => `${count} ${reason}`);
  return {
    verdict: conclude(checks.all, REQUIRED),
    checks: checks.all,
    claims: { vectors: vectors.length, ours, notOurs },
    summary: [`${ours} of ${vectors.length} vectors`, ...others].join('; '),
  };
}

/** Empty when the file is no list of objects. */
export function listIn(file: Uint8Array): readonly JsonShape[] {
  const { value } = parseJson(fromUtf8(file, 'vectors'), 'vectors');
  const isList = Array.isArray(value) && value.every((v) => typeof v === 'object' && v !== null);
  return isList ? value.map((v, i) => new JsonShape(v, `vectors[${i}]`)) : [];
}

/** Whether a file is a list, and every object of it has the members. */
export function isListOf(file: Uint8Array, ...members: readonly string[]): boolean {
  const vectors = listIn(file);
  return vectors.length > 0 && vectors.every((v) => members.every((name) => v.has(name)));
}

/** A number, or one in decimal digits. */
export function numberIn(shape: JsonShape, name: string): number {
  const value = shape.value(name);
  const number = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isSafeInteger(number) || number < 0) {
    throw malformed(`${shape.path}.${name}`, 'want a whole number');
  }
  return number;
}

/** Nothing where the vector does not have the member. */
export function memberMismatch(
  shape: JsonShape,
  name: string,
  got: Uint8Array | undefined,
): Mismatch | undefined {
  if (!shape.has(name)) return undefined;
  const want = shape.string(name).toLowerCase();
  const hex = got ? toHex(got) : 'a refusal';
  if (want === hex) return undefined;
  return { want: `${shape.path}.${name} ${want}`, got: hex };
}

/** The first difference of several. */
export function firstMismatch(
  ...questions: readonly (() => Mismatch | undefined)[]
): Mismatch | undefined {
  for (const question of questions) {
    const mismatch = question();
    if (mismatch) return mismatch;
  }
  return undefined;
}
