import { equalBytes } from '../../core/bytes/equal.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { Fault, malformed } from '../../core/fault.ts';
import type { ForkProof } from '../proof/fork-proof.ts';
import { AuthenticatedTiles } from '../tiles/authenticated-tiles.ts';
import type { TileReader } from '../tiles/tile-reader.ts';
import { MOST_PENDING, type SignedState, type WatchState } from './watch-state.ts';

/** A state of the log that is signed as the watcher wants it. */
export interface SeenCheckpoint extends SignedState {
  readonly origin: string;
}

/**
 * What a look at a log comes to. The last two are alarms with both of the notes that don't go
 * together, which the log signed itself; so is `stall`.
 */
export type Sight =
  | { readonly kind: 'first' | 'grown' | 'same'; readonly from: number; readonly to: number }
  | { readonly kind: 'stall'; readonly since: number; readonly size: number }
  /** A larger state whose tiles can't be had, or are not the signed ones: nothing against it, nor for it. */
  | { readonly kind: 'unread'; readonly size: number; readonly error: Fault }
  | {
      readonly kind: 'rollback';
      readonly because: string;
      readonly notes: readonly [Uint8Array, Uint8Array];
    }
  | {
      readonly kind: 'fork';
      readonly because: string;
      readonly notes: readonly [Uint8Array, Uint8Array];
      /** Absent where the tiles were gone before it was made. */
      readonly proof?: ForkProof;
    };

export interface Watched {
  readonly sight: Sight;
  /** What to remember. After a fork or a rollback it is what it was. */
  readonly state: WatchState;
}

/**
 * Holds what a log shows now against what it showed before, also against larger states whose tiles
 * could not be read then: it signed these.
 *
 * @param tiles of the log as it shows itself; nothing of them is believed that does not have the
 *   signed root.
 * @param stallMs how long a log may stay as it is.
 * @throws Fault `malformed` for a size of 2^53 or more; at a first look alone `unreachable` when tiles
 *   can't be had, and `malformed` when they are not the signed ones.
 */
export async function watchLog(
  seen: SeenCheckpoint,
  before: WatchState | undefined,
  tiles: TileReader,
  { now, stallMs }: { readonly now: number; readonly stallMs: number },
): Promise<Watched> {
  const { origin, size, root, note } = seen;
  // Two of them may read as one, and none can be read from a state again.
  if (!Number.isSafeInteger(size)) throw malformed('checkpoint.size', `${size} is not read here`);
  const next = { origin, size, root, note, grownAt: now };
  if (before === undefined) {
    await AuthenticatedTiles.open(tiles, seen);
    return { sight: { kind: 'first', from: 0, to: size }, state: next };
  }
  if (before.origin !== origin) {
    throw new Fault('usage', 'state.origin', `is of ${before.origin}, and this log is ${origin}`);
  }
  const known: readonly SignedState[] = [before, ...(before.pending ?? [])];
  const twin = known.find((state) => state.size === size);
  if (twin && !equalBytes(twin.root, root)) {
    const because = `two roots at ${size} leaves: ${toHex(twin.root)} and ${toHex(root)}`;
    const proof = { smaller: twin.note, larger: note, prefix: root, hashes: [] };
    return { sight: { kind: 'fork', because, notes: [twin.note, note], proof }, state: before };
  }
  const larger = known.filter((state) => state.size > size);
  if (larger.length > 0) return { sight: await shrunk(seen, larger, tiles), state: before };
  if (size === before.size) {
    const since = before.grownAt;
    const stalls = now - since >= stallMs;
    return {
      sight: stalls ? { kind: 'stall', since, size } : { kind: 'same', from: size, to: size },
      state: before,
    };
  }
  try {
    const fork = await forkBetween(seen, known, tiles);
    if (fork) return { sight: fork, state: before };
  } catch (error) {
    if (!saysNothing(error)) throw error;
    return { sight: { kind: 'unread', size, error }, state: withPending(before, seen) };
  }
  return { sight: { kind: 'grown', from: before.size, to: size }, state: next };
}

/** A smaller state is an old copy at best; whether it is one, the tiles of a larger one may tell. */
async function shrunk(
  seen: SeenCheckpoint,
  larger: readonly SignedState[],
  tiles: TileReader,
): Promise<Sight> {
  for (const state of larger) {
    try {
      const fork = await forkBetween(state, [seen], tiles);
      if (fork) return { ...fork, notes: [state.note, seen.note] };
    } catch (error) {
      if (!saysNothing(error)) throw error;
    }
  }
  const last = larger.at(-1) ?? seen;
  const because = `had ${last.size} leaves, and now has ${seen.size}`;
  return { kind: 'rollback', because, notes: [last.note, seen.note] };
}

/**
 * Whether a tree begins otherwise than smaller states say, or one of its size.
 *
 * @throws Fault `unreachable` or `malformed` for tiles, as {@link AuthenticatedTiles} does.
 */
async function forkBetween(
  tree: SignedState,
  smaller: readonly SignedState[],
  reader: TileReader,
): Promise<Extract<Sight, { kind: 'fork' }> | undefined> {
  const tiles = await AuthenticatedTiles.open(reader, tree);
  for (const state of smaller) {
    // Every log begins with nothing.
    if (state.size === 0) continue;
    const prefix = await tiles.rootAt(state.size);
    if (equalBytes(prefix, state.root)) continue;
    const [was, is] = [toHex(state.root), toHex(prefix)];
    const hashes = await tiles.proveConsistency(state.size).catch((error: unknown) => {
      if (saysNothing(error)) return undefined;
      throw error;
    });
    return {
      kind: 'fork',
      because: `had the root ${was} at ${state.size} leaves, and ${is} under the signed ${tree.size}`,
      notes: [state.note, tree.note],
      ...(hashes && { proof: { smaller: state.note, larger: tree.note, prefix, hashes } }),
    };
  }
  return undefined;
}

/** Tiles that can't be had, or are not the signed ones, are nobody's word. */
function saysNothing(error: unknown): error is Fault {
  return error instanceof Fault && (error.code === 'unreachable' || error.code === 'malformed');
}

function withPending(before: WatchState, { size, root, note }: SeenCheckpoint): WatchState {
  const pending = before.pending ?? [];
  if (pending.some((state) => state.size === size)) return before;
  return { ...before, pending: [...pending.slice(0, MOST_PENDING - 1), { size, root, note }] };
}
