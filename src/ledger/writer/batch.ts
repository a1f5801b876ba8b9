import type { Batch, Fence, LogHead, NewBlob, NewRecord, NextState } from '../store.ts';
import type { TileEdge } from './tile-edge.ts';

/** One entry of the log, with what its decision saw where it is a decision. */
export interface NewEntry {
  readonly id: string;
  /** Exactly the bytes of its leaf. */
  readonly entry: Uint8Array;
  readonly record?: Omit<NewRecord, 'id'>;
  readonly blobs?: readonly NewBlob[];
}

/** An entry, and the hash of its leaf. */
export interface HashedEntry {
  readonly entry: NewEntry;
  readonly hash: Uint8Array;
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
export function takeBatch<T extends { readonly entry: NewEntry }>(queue: T[]): readonly T[] {
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

/** A batch that is ready to be written, and what the log is once it was. */
export interface Prepared {
  readonly batch: Batch;
  /** Hashed and signed when it is first asked for, and never again. */
  readonly next: () => NextState & { readonly edge: TileEdge };
}

export function prepareBatch(
  { fence, edge }: Held,
  entries: readonly HashedEntry[],
  sign: (state: Pick<LogHead, 'size' | 'root'>) => Uint8Array,
): Prepared {
  const blobs = new Map<string, NewBlob>();
  for (const { entry } of entries) {
    for (const blob of entry.blobs ?? []) blobs.set(blob.digest, blob);
  }
  let next: ReturnType<Prepared['next']> | undefined;
  return {
    batch: {
      fence,
      base: edge.size,
      leaves: entries.map(({ entry: { id, entry }, hash }) => ({ id, entry, hash })),
      records: entries.flatMap(({ entry: { id, record } }) => (record ? [{ id, ...record }] : [])),
      blobs: [...blobs.values()],
    },
    next: () => {
      next ??= grow(edge, entries, sign);
      return next;
    },
  };
}

function grow(
  before: TileEdge,
  entries: readonly HashedEntry[],
  sign: Parameters<typeof prepareBatch>[2],
): ReturnType<Prepared['next']> {
  const edge = before.copy();
  const tiles = entries.flatMap(({ hash }) => edge.append(hash));
  const state = { size: edge.size, root: edge.root() };
  return { edge, tiles, head: { ...state, checkpoint: sign(state) } };
}
