import type { Mismatch } from '../../core/mismatch.ts';
import type { DecisionLeaf } from '../leaf/leaf.ts';
import { saltedSubject } from '../leaf/salted.ts';
import type { Manifest } from './manifest.ts';

/** A way in which a leaf is not about a record: `want` is what the manifest makes it. */
export interface RecordFinding extends Mismatch {
  /** The member of the leaf, e.g. `leaf.verdict`. */
  readonly at: string;
}

/**
 * Whether a leaf is about this record, and says of it what the record says of itself.
 *
 * @returns empty where all is well. Whether the record is true is what a replay tells.
 */
export function checkRecord(leaf: DecisionLeaf, manifest: Manifest): readonly RecordFinding[] {
  const { salt, subject, result, policy, ear } = manifest;
  const rows: readonly (readonly [name: keyof DecisionLeaf, want: unknown])[] = [
    ['record', manifest.digest],
    ['id', manifest.id],
    ['time', manifest.time],
    ['engine', manifest.engine],
    ['at', manifest.at],
    ['policy', policy && textOf(policy)],
    ['verdict', result.verdict],
    ['authentic', result.authentic],
    ['anchors', result.anchors],
    ['codes', result.codes.join(' ')],
    ['subject', saltedSubject(salt, subject)],
    ['ear', ear],
  ];
  const said: DecisionLeaf = leaf;
  return rows.flatMap(([name, want]) => {
    const got = name === 'policy' ? leaf.policy && textOf(leaf.policy) : said[name];
    const text = Array.isArray(got) ? got.join(' ') : got;
    return text === want ? [] : [{ at: `leaf.${name}`, want: String(want), got: String(text) }];
  });
}

function textOf({ name, revision, digest }: NonNullable<Manifest['policy']>): string {
  return `${name} revision ${revision} (${digest})`;
}
