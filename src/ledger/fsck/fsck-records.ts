import { parseLeaf } from '../leaf/entry.ts';
import type { DecisionLeaf, Leaf } from '../leaf/leaf.ts';
import { checkRecord } from '../record/check-record.ts';
import { parseManifest } from '../record/manifest.ts';
import type { LedgerStore, RecordRow, StoreFault } from '../store.ts';
import { AT_ONCE, type FsckSource, faultOf, leavesOf, problemOf } from './findings.ts';

/** Records against their leaves, and against what is archived of them; and that none is missing. */
export async function* fsckRecords({ store, onProgress }: FsckSource): AsyncGenerator<StoreFault> {
  const head = await store.head();
  const size = head?.size ?? 0;
  const seen = new Set<number>();
  for (let from = 0; ; ) {
    const rows = await store.records(from, AT_ONCE);
    for (const row of rows) {
      seen.add(row.index);
      yield* fsckRecord(store, row);
    }
    const last = rows.at(-1);
    if (last === undefined) break;
    from = last.index + 1;
    onProgress?.({ what: 'records', done: from, of: size });
  }
  for (let from = 0; from < size; from += AT_ONCE) {
    const leaves = await leavesOf(store, from, Math.min(size, from + AT_ONCE));
    if ('problem' in leaves) continue; // said of the leaves themselves
    for (const { index, entry } of leaves) {
      if (decisionIn(entry) && !seen.has(index)) {
        yield { at: `records[${index}]`, problem: 'is missing: its leaf is a decision' };
      }
    }
  }
}

async function* fsckRecord(store: LedgerStore, row: RecordRow): AsyncGenerator<StoreFault> {
  const at = `records[${row.index}]`;
  const leaves = await leavesOf(store, row.index, row.index + 1);
  const stored = 'problem' in leaves ? undefined : leaves[0];
  const leaf = stored && decisionIn(stored.entry);
  if (leaf === undefined) {
    yield { at, problem: 'is of no leaf that is a decision' };
    return;
  }
  if (leaf.id !== row.id) yield { at: `${at}.id`, problem: `its leaf is ${leaf.id}` };
  if (leaf.time !== row.at) yield { at: `${at}.moment`, problem: `its leaf is of ${leaf.time}` };
  if (leaf.record !== row.manifest) {
    yield { at: `${at}.manifest`, problem: `its leaf names ${leaf.record}` };
  }
  if (row.forgotten === undefined) yield* fsckManifest(store, at, leaf);
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

function decisionIn(entry: Uint8Array): DecisionLeaf | undefined {
  let leaf: Leaf;
  try {
    leaf = parseLeaf(entry);
  } catch (error) {
    problemOf(error);
    return undefined; // said of the leaf itself
  }
  return leaf.type === 'decision' ? leaf : undefined;
}
