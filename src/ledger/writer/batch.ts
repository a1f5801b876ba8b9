import type { Batch, Fence, LogHead, NewBlob, NewRecord, NextState } from '../store.ts';
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

/** An entry, and the hash of its leaf. */
export interface HashedEntry<Companion = unknown> {
  readonly entry: NewEntry<Companion>;
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

/** Entries that go together, in order: all of them in one transaction, or none. */
export interface Group<Companion = unknown> {
  readonly entries: readonly HashedEntry<Companion>[];
}

/**
 * Takes from the front what one transaction has room for: always one group.
 *
 * @param queue is shortened by them.
 */
export function takeBatch<T extends Group>(queue: T[]): readonly T[] {
  let groups = 0;
  let count = 0;
  let bytes = 0;
  for (const { entries } of queue) {
    count += entries.length;
    for (const { entry } of entries) {
      bytes += entry.entry.length;
      for (const blob of entry.blobs ?? []) bytes += blob.bytes.length;
    }
    if (groups > 0 && (count > MOST_ENTRIES || bytes > MOST_BYTES)) break;
    groups++;
  }
  return queue.splice(0, groups);
}

/** A batch that is ready to be written, and what the log is once it was. */
export interface Prepared<Companion> {
  readonly batch: Batch<Companion>;
  /** Hashed and signed when it is first asked for, and never again. */
  readonly next: () => NextState & { readonly edge: TileEdge };
}

export function prepareBatch<Companion>(
  { fence, edge }: Held,
  entries: readonly HashedEntry<Companion>[],
  sign: (state: Pick<LogHead, 'size' | 'root'>) => Uint8Array,
): Prepared<Companion> {
  const blobs = new Map<string, NewBlob>();
  for (const { entry } of entries) {
    for (const blob of entry.blobs ?? []) blobs.set(blob.digest, blob);
  }
  let next: ReturnType<Prepared<unknown>['next']> | undefined;
  return {
    batch: {
      fence,
      base: edge.size,
      leaves: entries.map(({ entry: { id, entry }, hash }) => ({ id, entry, hash })),
      records: entries.flatMap(({ entry: { id, record } }) => (record ? [{ id, ...record }] : [])),
      blobs: [...blobs.values()],
      companions: entries.flatMap(({ entry }) => (entry.with === undefined ? [] : [entry.with])),
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
  sign: (state: Pick<LogHead, 'size' | 'root'>) => Uint8Array,
): ReturnType<Prepared<unknown>['next']> {
  const edge = before.copy();
  const tiles = entries.flatMap(({ hash }) => edge.append(hash));
  const state = { size: edge.size, root: edge.root() };
  return { edge, tiles, head: { ...state, checkpoint: sign(state) } };
}
