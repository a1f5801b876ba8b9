import { parseLeaf } from '../leaf/entry.ts';
import type { DecisionLeaf, Leaf } from '../leaf/leaf.ts';
import { checkRecord } from '../record/check-record.ts';
import { parseManifest } from '../record/manifest.ts';
import type { LedgerStore, RecordRow, StoreFault } from '../store.ts';
import { AT_ONCE, type FsckSource, faultOf, leavesOf, problemOf } from './findings.ts';

/**
 * Records against their leaves, and against what is archived of them; that none is missing, and that
 * the log says so where what they saw was deleted.
 *
 * Of a ledger that is written meanwhile only what is below its first size is looked at.
 */
export async function* fsckRecords({ store, onProgress }: FsckSource): AsyncGenerator<StoreFault> {
  const size = (await store.head())?.size ?? 0;
  const seen = new Set<number>();
  const forgotten: ForgottenRow[] = [];
  for (let from = 0; from < size; ) {
    const rows = await store.records(from, AT_ONCE);
    for (const row of rows) {
      if (row.index >= size) break;
      seen.add(row.index);
      const isForgotten = yield* fsckRecord(store, row);
      if (isForgotten) forgotten.push(isForgotten);
    }
    const last = rows.at(-1);
    if (last === undefined) break;
    from = last.index + 1;
    onProgress?.({ what: 'records', done: Math.min(size, from), of: size });
  }
  const overrides: Overridden[] = [];
  for (let from = 0; from < size; from += AT_ONCE) {
    const leaves = await leavesOf(store, from, Math.min(size, from + AT_ONCE));
    if ('problem' in leaves) continue; // said of the leaves themselves
    for (const { index, entry } of leaves) {
      const leaf = leafIn(entry);
      if (leaf?.type === 'decision' && !seen.has(index)) {
        yield { at: `records[${index}]`, problem: 'is missing: its leaf is a decision' };
      }
      overrides.push(...overrideIn(index, leaf));
    }
  }
  yield* fsckForgotten(store, size, forgotten, overrides);
}

interface ForgottenRow {
  readonly index: number;
  readonly at: number;
  readonly reason: string;
}

/** That the operator deleted what decisions of before `until` saw. */
interface Overridden {
  readonly index: number;
  readonly until: number;
  readonly reason: string;
}

function overrideIn(index: number, leaf: Leaf | undefined): readonly Overridden[] {
  if (leaf?.type !== 'operator.override' || leaf.action !== 'forget_records') return [];
  return [{ index, until: leaf.until, reason: leaf.reason }];
}

/** Evidence that is gone, and nobody said so in the log, may be evidence that somebody hid. */
async function* fsckForgotten(
  store: LedgerStore,
  size: number,
  rows: readonly ForgottenRow[],
  overrides: readonly Overridden[],
): AsyncGenerator<StoreFault> {
  const isSaid = (row: ForgottenRow, by: readonly Overridden[]) =>
    by.some(
      ({ index, until, reason }) => index > row.index && row.at < until && reason === row.reason,
    );
  const unsaid = rows.filter((row) => !isSaid(row, overrides));
  if (unsaid.length === 0) return;
  // The leaf comes before anything is deleted: of what was deleted meanwhile, behind the first size.
  const now = (await store.head())?.size ?? size;
  const later: Overridden[] = [];
  for (let from = size; from < now; from += AT_ONCE) {
    const leaves = await leavesOf(store, from, Math.min(now, from + AT_ONCE));
    if ('problem' in leaves) continue;
    for (const { index, entry } of leaves) later.push(...overrideIn(index, leafIn(entry)));
  }
  for (const row of unsaid) {
    if (isSaid(row, later)) continue;
    yield {
      at: `records[${row.index}].forgotten`,
      problem: `what it saw was deleted (${row.reason}), and no operator.override of the log says so`,
    };
  }
}

/** @returns what was deleted of it, where it was. */
async function* fsckRecord(
  store: LedgerStore,
  row: RecordRow,
): AsyncGenerator<StoreFault, ForgottenRow | undefined> {
  const at = `records[${row.index}]`;
  const leaves = await leavesOf(store, row.index, row.index + 1);
  const stored = 'problem' in leaves ? undefined : leaves[0];
  const leaf = stored && leafIn(stored.entry);
  if (leaf?.type !== 'decision') {
    yield { at, problem: 'is of no leaf that is a decision' };
    return undefined;
  }
  if (leaf.id !== row.id) yield { at: `${at}.id`, problem: `its leaf is ${leaf.id}` };
  if (leaf.time !== row.at) yield { at: `${at}.moment`, problem: `its leaf is of ${leaf.time}` };
  if (leaf.record !== row.manifest) {
    yield { at: `${at}.manifest`, problem: `its leaf names ${leaf.record}` };
  }
  let now = row.forgotten;
  if (now === undefined) {
    const found = await Array.fromAsync(fsckManifest(store, at, leaf));
    // What is not there may have been forgotten since the row was read.
    if (found.length > 0) now = (await store.record(row.id))?.forgotten;
    if (now === undefined) yield* found;
  }
  // By the leaf: a row that says another time is a finding of its own.
  return now && { index: row.index, at: leaf.time, reason: now.reason };
}

async function* fsckManifest(
  store: LedgerStore,
  at: string,
  leaf: DecisionLeaf,
): AsyncGenerator<StoreFault> {
  const bytes = await store.blob(leaf.record).catch((error: unknown) => problemOf(error));
  if (typeof bytes === 'string') return; // said of the blob itself
  if (bytes === undefined) {
    yield { at: `${at}.manifest`, problem: `${leaf.record} is not archived` };
    return;
  }
  const found: StoreFault[] = [];
  let blobs: readonly string[] = [];
  for (const one of faultOf(`${at}.manifest`, () => {
    const manifest = parseManifest(bytes);
    ({ blobs } = manifest);
    for (const { at: member, want, got } of checkRecord(leaf, manifest)) {
      found.push({ at, problem: `${member}: want ${want}, got ${got}` });
    }
  })) {
    yield one;
  }
  yield* found;
  const known = new Set(await store.knownBlobs(blobs));
  for (const digest of blobs) {
    if (!known.has(digest)) yield { at, problem: `${digest}, which it saw, is not archived` };
  }
}

function leafIn(entry: Uint8Array): Leaf | undefined {
  try {
    return parseLeaf(entry);
  } catch (error) {
    problemOf(error);
    return undefined; // said of the leaf itself
  }
}
