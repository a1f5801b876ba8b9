import type { Batch, Fence, FullTile, LogHead, NewBlob, NewRecord } from '../store.ts';
import { leafHash } from '../tree/hash.ts';
import type { TileEdge } from './tile-edge.ts';

/** One entry of the log, with what its decision saw where it is a decision. */
export interface NewEntry<Companion = never> {
  readonly id: string;
  /** Exactly the bytes of its leaf. */
  readonly entry: Uint8Array;
  readonly record?: Omit<NewRecord, 'id'>;
  readonly blobs?: readonly NewBlob[];
  /** What is changed with it, in the same transaction, or neither. */
  readonly with?: Companion;
}

/** A writer's turn: its lease, and what it goes on from. */
export interface Held {
  readonly fence: Fence;
  readonly edge: TileEdge;
}

/** Of one transaction. Entries are small; what decisions saw is not. */
const MOST_ENTRIES = 256;
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * Takes from the front what one transaction has room for: always one entry.
 *
 * @param queue is shortened by them.
 */
export function takeBatch<T extends { readonly entry: NewEntry<unknown> }>(
  queue: T[],
): readonly T[] {
  let count = 0;
  let bytes = 0;
  for (const { entry } of queue) {
    bytes += entry.entry.length;
    for (const blob of entry.blobs ?? []) bytes += blob.bytes.length;
    if (count > 0 && (count === MOST_ENTRIES || bytes > MOST_BYTES)) break;
    count++;
  }
  return queue.splice(0, count);
}

/** The next state of the log, and what has to be stored for it. */
export function prepareBatch<Companion>(
  { fence, edge: before }: Held,
  entries: readonly NewEntry<Companion>[],
  sign: (state: Pick<LogHead, 'size' | 'root'>) => Uint8Array,
): { readonly edge: TileEdge; readonly batch: Batch<Companion> } {
  const edge = before.copy();
  const tiles: FullTile[] = [];
  const blobs = new Map<string, NewBlob>();
  const leaves = entries.map(({ id, entry, blobs: own = [] }) => {
    const hash = leafHash(entry);
    tiles.push(...edge.append(hash));
    for (const blob of own) blobs.set(blob.digest, blob);
    return { id, entry, hash };
  });
  const state = { size: edge.size, root: edge.root() };
  return {
    edge,
    batch: {
      fence,
      base: before.size,
      leaves,
      tiles,
      head: { ...state, checkpoint: sign(state) },
      records: entries.flatMap(({ id, record }) => (record ? [{ id, ...record }] : [])),
      blobs: [...blobs.values()],
      companions: entries.flatMap((entry) => (entry.with === undefined ? [] : [entry.with])),
    },
  };
}
