import { Fault } from '../../core/fault.ts';
import type { Fence, LedgerStore, LogHead } from '../store.ts';
import { type LogIdentity, signHead, wantOwnHead } from './identity.ts';
import { type KnownCheckpoint, wantKnown } from './known-checkpoint.ts';
import { extendEdge, recoverEdge, wantRoot } from './recover.ts';
import type { TileEdge } from './tile-edge.ts';

export interface StandOnDeps<Companion> {
  readonly store: LedgerStore<Companion>;
  readonly identity: LogIdentity;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Checkpoints that others have seen: nothing is signed that contradicts one of them. */
  readonly known?: () => Promise<readonly KnownCheckpoint[]>;
}

/** What a writer knows of its log from before. */
export interface Before {
  /** The edge of what was last known to be stored: whoever wrote since has only added to it. */
  readonly edge: TileEdge | undefined;
  /** The last state that this process signed or signed on top of. */
  readonly highest: LogHead | undefined;
}

/**
 * What is stored, looked at before anything is signed on top of it; of an empty log the first
 * state is signed here.
 *
 * @throws Fault `conflict` where it contradicts what was signed or seen; `malformed` where it is
 *   damaged; `unreachable` where it can't be read.
 */
export async function standOn<Companion>(
  fence: Fence,
  { store, identity, known, now }: StandOnDeps<Companion>,
  { edge: last, highest }: Before,
): Promise<{ readonly edge: TileEdge; readonly head: LogHead }> {
  const head = await store.head();
  const size = head?.size ?? 0;
  await wantNoLess(store, size, highest?.size ?? 0);
  const edge = last ? await extendEdge(store, last, size) : await recoverEdge(store, size);
  if (head) {
    wantOwnHead(identity, head, 'head.checkpoint');
    wantRoot(edge, head);
  }
  if (last === undefined) {
    // An edge that goes on from the last one has it in itself; one that was read anew may not.
    const own = highest && { source: 'this process', note: highest.checkpoint };
    for (const one of [...(own ? [own] : []), ...((await known?.()) ?? [])]) {
      await wantKnown(store, identity, edge, one);
    }
  }
  if (head) return { edge, head };
  const empty = { size: 0, root: edge.root() };
  const first = { ...empty, checkpoint: signHead(identity, empty, now()) };
  const nothing = { fence, base: 0, leaves: [], records: [], blobs: [], companions: [] };
  await store.commit(nothing, () => ({ tiles: [], head: first }));
  return { edge, head: first };
}

/** A log whose last checkpoint is gone is not the smaller one that the checkpoint before is of. */
async function wantNoLess<Companion>(
  store: LedgerStore<Companion>,
  size: number,
  before: number,
): Promise<void> {
  const [beyond] = await store.leafHashes(size, size + 1);
  if (beyond) throw new Fault('conflict', `leaves[${size}]`, 'is beyond what was signed');
  if (size >= before) return;
  throw new Fault('conflict', 'head.size', `is ${size}, and was ${before}: this is an older copy`);
}
