import type { JsonShape } from '../../../core/encoding/json-shape.ts';
import { malformed } from '../../../core/fault.ts';
import { PLAIN_CHARACTER } from '../plain-line.ts';

/** A member that is not known was meant to say something; to pass over it is to disagree. */
export function onlyMembers(shape: JsonShape, known: readonly string[]): void {
  const unknown = shape.names().find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw malformed(shape.path, `unknown member ${JSON.stringify(unknown)}`);
}

/** `v`, the version of the document: the only one so far. */
export function expectVersion1(shape: JsonShape): void {
  if (shape.value('v') !== 1) throw malformed(`${shape.path}.v`, 'want 1');
}

/** A string that is this pattern whole; `want` says so in words. */
export function textMember(shape: JsonShape, name: string, pattern: RegExp, want: string): string {
  const text = shape.string(name);
  if (pattern.test(text)) return text;
  throw malformed(`${shape.path}.${name}`, `want ${want}`);
}

/** A whole number from 1 on. */
export function countMember(shape: JsonShape, name: string, max: number): number {
  const count = shape.integer(name, max);
  if (count > 0) return count;
  throw malformed(`${shape.path}.${name}`, `want a whole number from 1 to ${max}, got 0`);
}

export const POLICY_NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
export const POLICY_DIGEST = /^sha256:[0-9a-f]{64}$/;
export const MOST_REVISIONS = 1_000_000_000;

const PLAIN = new RegExp(`^${PLAIN_CHARACTER}*$`, 'u');

/** For people, on one line: no control characters, and nothing that a reader would not see. */
export function lineMember(shape: JsonShape, name: string, least: number, most: number): string {
  const text = shape.string(name);
  const plain = PLAIN.test(text);
  if (plain && text.trim().length >= least && text.length <= most) return text;
  const want = `text of ${least} to ${most} characters, on one line`;
  throw malformed(`${shape.path}.${name}`, `want ${want}`);
}
