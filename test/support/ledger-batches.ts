import { createHash } from 'node:crypto';
import type {
  Batch,
  Fence,
  FullTile,
  LedgerStore,
  NewBlob,
  NewRecord,
  NextState,
} from '../../src/ledger/store.ts';

export const ARCHIVE_KEY = new Uint8Array(32).fill(7);

const WIDTH = 256;

/** A log of which this much is known: enough to go on with it, and to say its root. */
export interface Log {
  readonly size: number;
  /** Whole subtrees from the left, the largest first. */
  readonly frontier: readonly Subtree[];
  /** Of each level of tiles, the hashes of the one that is not full yet. */
  readonly open: readonly (readonly Uint8Array[])[];
}

interface Subtree {
  readonly leaves: number;
  readonly hash: Uint8Array;
}

export const EMPTY_LOG: Log = { size: 0, frontier: [], open: [] };

function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

export function leafHash(entry: Uint8Array): Uint8Array {
  return sha256(Uint8Array.of(0), entry);
}

function node(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(Uint8Array.of(1), left, right);
}

/** RFC 6962 section 2.1, over what is left of the log: the smaller subtrees are joined first. */
export function rootOf({ frontier }: Log): Uint8Array {
  const hashes = frontier.map(({ hash }) => hash);
  return hashes.length === 0 ? sha256() : hashes.reduceRight((right, left) => node(left, right));
}

/** The log with more leaves, and the tiles that they made full. */
function grow(log: Log, hashes: readonly Uint8Array[]) {
  const frontier = [...log.frontier];
  const open = log.open.map((tile) => [...tile]);
  const tiles: FullTile[] = [];
  let size = log.size;
  for (const hash of hashes) {
    size++;
    push(frontier, { leaves: 1, hash });
    let up: Uint8Array | undefined = hash;
    for (let level = 0; up !== undefined; level++) {
      const tile: Uint8Array[] = open[level] ?? [];
      open[level] = tile;
      tile.push(up);
      up = undefined;
      if (tile.length < WIDTH) continue;
      const index = Math.floor(size / WIDTH ** (level + 1)) - 1;
      tiles.push({ level, index, hashes: new Uint8Array(Buffer.concat(tile)) });
      up = rootOf(tile.reduce(withLeaf, EMPTY_LOG));
      open[level] = [];
    }
  }
  return { log: { size, frontier, open }, tiles };
}

function withLeaf(log: Log, hash: Uint8Array): Log {
  const frontier = [...log.frontier];
  push(frontier, { leaves: 1, hash });
  return { ...log, frontier };
}

function push(frontier: Subtree[], subtree: Subtree): void {
  const last = frontier.at(-1);
  if (last?.leaves !== subtree.leaves) {
    frontier.push(subtree);
    return;
  }
  frontier.pop();
  push(frontier, { leaves: 2 * last.leaves, hash: node(last.hash, subtree.hash) });
}

/** The log that a store holds, read leaf by leaf. */
export async function readLog(store: LedgerStore): Promise<Log> {
  const size = (await store.head())?.size ?? 0;
  return grow(EMPTY_LOG, await store.leafHashes(0, size)).log;
}

const entryOf = (id: string): Uint8Array => new TextEncoder().encode(`{"id":"${id}"}`);

export interface Extras {
  readonly records?: readonly NewRecord[];
  readonly blobs?: readonly NewBlob[];
}

/** A batch together with what comes of it. */
export type WholeBatch<Companion = never> = Batch<Companion> & NextState;

export function commitWhole<Companion = never>(
  store: Pick<LedgerStore<Companion>, 'commit'>,
  whole: WholeBatch<Companion>,
) {
  const { tiles, head, ...batch } = whole;
  return store.commit(batch, () => ({ tiles, head }));
}

/** One batch of leaves with these ids, and the log as it is once the batch is stored. */
export function batchOf(fence: Fence, log: Log, ids: readonly string[], extras: Extras = {}) {
  const leaves = ids.map((id) => ({ id, entry: entryOf(id), hash: leafHash(entryOf(id)) }));
  const after = grow(
    log,
    leaves.map(({ hash }) => hash),
  );
  const root = rootOf(after.log);
  const checkpoint = new TextEncoder().encode(
    `log\n${after.log.size}\n${Buffer.from(root).toString('base64')}\n`,
  );
  const batch: WholeBatch = {
    fence,
    base: log.size,
    leaves,
    tiles: after.tiles,
    head: { size: after.log.size, root, checkpoint },
    records: extras.records ?? [],
    blobs: extras.blobs ?? [],
    companions: [],
  };
  return { batch, log: after.log };
}

export function blobOf(bytes: Uint8Array): NewBlob {
  return { digest: `sha256:${Buffer.from(sha256(bytes)).toString('hex')}`, bytes };
}

/** A record that saw these blobs, the first of which is its manifest. */
export function recordOf(id: string, at: number, blobs: readonly NewBlob[]): NewRecord {
  const uses = blobs.map(({ digest }) => digest);
  return { id, at, manifest: uses[0] ?? '', uses };
}

export async function fenceOf(store: LedgerStore, holder: string): Promise<Fence> {
  const answer = await store.takeLease(holder);
  if (!answer.taken) throw new Error(`${answer.by.holder} has the lease`);
  return answer.fence;
}
