import { equalBytes } from '../../core/bytes/equal.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { utf8 } from '../../core/bytes/text.ts';
import { Fault } from '../../core/fault.ts';
import { parseLeaf } from '../leaf/entry.ts';
import type { DecisionLeaf, Leaf } from '../leaf/leaf.ts';
import { parseSignatureLines } from '../note/signed-note.ts';
import { checkRecord } from '../record/check-record.ts';
import { parseManifest } from '../record/manifest.ts';
import type {
  FullTile,
  LedgerStore,
  LogHead,
  RecordRow,
  StoredLeaf,
  StoreFault,
} from '../store.ts';
import { leafHash } from '../tree/hash.ts';
import { type LogIdentity, readOwnCheckpoint } from '../writer/identity.ts';
import { TileEdge } from '../writer/tile-edge.ts';

export interface FsckProgress {
  readonly what: 'rows' | 'leaves' | 'records' | 'blobs';
  readonly done: number;
  readonly of?: number;
}

export interface FsckSource {
  readonly store: LedgerStore;
  readonly identity: Pick<LogIdentity, 'origin' | 'keys'>;
  readonly onProgress?: (progress: FsckProgress) => void;
}

const AT_ONCE = 1024;

/**
 * Reads a ledger's whole database, every byte of it: rows against their sums, leaves against
 * their hashes and their form, tiles and every signed root against the leaves, cosignatures against
 * their form, records against leaves and archive, and every blob against its digest.
 *
 * @returns what is wrong, each with where it is; it goes on after each.
 */
export async function* fsckStore(source: FsckSource): AsyncGenerator<StoreFault> {
  source.onProgress?.({ what: 'rows', done: 0 });
  for (const part of [fsckRows, fsckTree, fsckRecords, fsckBlobs]) yield* goingOn(part(source));
}

/** A part of a store that can't be read is a finding, and keeps none of the others from being read. */
async function* goingOn(part: AsyncGenerator<StoreFault>): AsyncGenerator<StoreFault> {
  try {
    yield* part;
  } catch (error) {
    yield findingOf(error, 'what comes after it was not compared');
  }
}

async function* fsckRows({ store }: FsckSource): AsyncGenerator<StoreFault> {
  yield* await store.faults();
}

async function* fsckTree({ store, identity, onProgress }: FsckSource): AsyncGenerator<StoreFault> {
  const head = await store.head();
  if (head === undefined) {
    yield { at: 'checkpoints', problem: 'nothing was ever signed' };
    return;
  }
  const edge = TileEdge.empty();
  const unread: StoreFault[] = [];
  const states = statesBelow(store, head.size, unread);
  let due = (await states.next()).value;
  let isWhole = true;
  const higher = new Map<number, { from: number; tiles: readonly Uint8Array[] }>();
  for (let from = 0; from < head.size; from += AT_ONCE) {
    const leaves = await leavesOf(store, from, Math.min(head.size, from + AT_ONCE));
    if ('problem' in leaves) {
      // What comes behind is still read, and no longer held against tiles and roots.
      isWhole = false;
      yield leaves;
      continue;
    }
    for (const [i, leaf] of leaves.entries()) {
      yield* fsckLeaf(leaf, from + i);
      if (!isWhole) continue;
      for (; due?.size === edge.size; due = (await states.next()).value) {
        yield* fsckState(store, identity, due, edge.root());
      }
      for (const tile of edge.append(leafHash(leaf.entry))) yield* fsckTile(store, higher, tile);
    }
    onProgress?.({ what: 'leaves', done: from + leaves.length, of: head.size });
  }
  for (; due; due = (await states.next()).value) yield* fsckState(store, identity, due, undefined);
  yield* unread;
  if (isWhole && !equalBytes(edge.root(), head.root)) {
    const got = toHex(edge.root());
    yield {
      at: 'checkpoints',
      problem: `${toHex(head.root)} was signed, the leaves come to ${got}`,
    };
  }
  const [beyond] = await store.leaves(head.size, head.size + 1);
  // Of a log that goes on meanwhile there is a later head by now.
  if (beyond && (await store.head())?.size === head.size) {
    yield { at: `leaves[${head.size}]`, problem: 'is beyond what was signed' };
  }
  yield* fsckState(store, identity, head, undefined);
}

/**
 * Signed states in order.
 *
 * @param unread gets a finding where they can't be read on: the leaves are, all the same.
 */
async function* statesBelow(
  store: LedgerStore,
  size: number,
  unread: StoreFault[],
): AsyncGenerator<LogHead, undefined> {
  for (let from = 0; from < size; ) {
    let page: readonly LogHead[];
    try {
      page = await store.checkpoints(from, AT_ONCE);
    } catch (error) {
      unread.push(findingOf(error, 'states from there on were not compared'));
      return;
    }
    for (const state of page) if (state.size < size) yield state;
    const last = page.at(-1);
    if (last === undefined) return;
    from = last.size + 1;
  }
}

/** @param root that the leaves come to, where it is known and not compared elsewhere. */
async function* fsckState(
  store: LedgerStore,
  identity: FsckSource['identity'],
  { size, root: signed, checkpoint }: LogHead,
  root: Uint8Array | undefined,
): AsyncGenerator<StoreFault> {
  if (root && !equalBytes(root, signed)) {
    yield {
      at: `checkpoints[${size}].root`,
      problem: `${toHex(signed)} was signed, the leaves come to ${toHex(root)}`,
    };
  }
  yield* faultOf(`checkpoints[${size}].note`, () => {
    const said = readOwnCheckpoint(identity, checkpoint, 'note');
    if (said.size !== size || !equalBytes(said.root, signed)) {
      throw new Fault('conflict', 'note', 'is of another state than its row');
    }
  });
  let lines: readonly string[];
  try {
    lines = await store.cosignatures(size);
  } catch (error) {
    yield findingOf(error, 'its lines were not read');
    return;
  }
  for (const [i, line] of lines.entries()) {
    yield* faultOf(`cosignatures[${size}][${i}]`, () => {
      const { length } = parseSignatureLines(utf8(line), 'line');
      if (length !== 1) throw new Fault('malformed', 'line', `is ${length} lines`);
    });
  }
}

/** Leaves of a range, or what keeps them from being read. */
async function leavesOf(
  store: LedgerStore,
  from: number,
  to: number,
): Promise<readonly StoredLeaf[] | StoreFault> {
  try {
    return await store.leaves(from, to);
  } catch (error) {
    return findingOf(error, `leaves ${from} to ${to} were not compared`);
  }
}

/** @throws what is not that the store is damaged. */
function findingOf(error: unknown, so: string): StoreFault {
  if (!(error instanceof Fault) || error.code !== 'malformed') throw error;
  return { at: error.at, problem: `${error.detail}; ${so}` };
}

function* fsckLeaf({ index, id, entry, hash }: StoredLeaf, want: number): Generator<StoreFault> {
  const at = `leaves[${want}]`;
  if (index !== want) yield { at, problem: `is missing; ${index} comes next` };
  if (!equalBytes(hash, leafHash(entry))) {
    yield { at: `${at}.hash`, problem: 'is not that of the entry' };
  }
  yield* faultOf(`${at}.entry`, () => {
    const said = parseLeaf(entry).id;
    if (said !== id) throw new Fault('malformed', 'id', `the row says ${id}, the leaf ${said}`);
  });
}

async function* fsckTile(
  store: LedgerStore,
  ahead: Map<number, { from: number; tiles: readonly Uint8Array[] }>,
  { level, index, hashes }: FullTile,
): AsyncGenerator<StoreFault> {
  let known = ahead.get(level);
  if (known === undefined || index >= known.from + known.tiles.length) {
    known = { from: index, tiles: await store.tiles(level, index, 64) };
    ahead.set(level, known);
  }
  const stored = known.tiles[index - known.from];
  const at = `tiles[${level}][${index}]`;
  if (stored === undefined) yield { at, problem: 'is not there' };
  else if (!equalBytes(stored, hashes)) yield { at, problem: 'is not what lies below it' };
}

async function* fsckRecords({ store, onProgress }: FsckSource): AsyncGenerator<StoreFault> {
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

async function* fsckBlobs({ store, onProgress }: FsckSource): AsyncGenerator<StoreFault> {
  let done = 0;
  for (let after: string | undefined; ; ) {
    const digests = await store.blobDigests(after, 64);
    for (const digest of digests) {
      const opened = await store.blob(digest).catch((error: unknown) => problemOf(error));
      if (typeof opened === 'string') yield { at: `blobs[${digest}]`, problem: opened };
      else if (opened === undefined) yield { at: `blobs[${digest}]`, problem: 'is gone' };
    }
    done += digests.length;
    onProgress?.({ what: 'blobs', done });
    after = digests.at(-1);
    if (after === undefined) return;
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

function* faultOf(at: string, check: () => void): Generator<StoreFault> {
  try {
    check();
  } catch (error) {
    yield { at, problem: problemOf(error) };
  }
}

/** @throws what is no finding but a bug of ours, or a store that can't be reached. */
function problemOf(error: unknown): string {
  if (!(error instanceof Fault) || error.code === 'internal' || error.code === 'unreachable') {
    throw error;
  }
  return error.message;
}
