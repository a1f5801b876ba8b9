import { equalBytes } from '../../core/bytes/equal.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { Fault } from '../../core/fault.ts';
import { AuthenticatedTiles } from '../tiles/authenticated-tiles.ts';
import type { TileReader } from '../tiles/tile-reader.ts';
import type { WatchState } from './watch-state.ts';

/** A state of the log that is signed as the watcher wants it. */
export interface SeenCheckpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
  readonly note: Uint8Array;
}

/**
 * What a look at a log comes to. The last three are alarms; `fork` and `rollback` with both of the
 * notes that don't go together, which the log signed itself.
 */
export type Sight =
  | { readonly kind: 'first' | 'grown' | 'same'; readonly from: number; readonly to: number }
  | { readonly kind: 'stall'; readonly since: number; readonly size: number }
  | {
      readonly kind: 'rollback' | 'fork';
      readonly because: string;
      readonly notes: readonly [Uint8Array, Uint8Array];
    };

export interface Watched {
  readonly sight: Sight;
  /** What to remember. After a fork or a rollback it is what it was. */
  readonly state: WatchState;
}

/**
 * Holds what a log shows now against what it showed before.
 *
 * @param tiles of the log as it shows itself; nothing of them is believed that does not have the
 *   signed root.
 * @param stallMs how long a log may stay as it is.
 * @throws Fault `unreachable` when tiles can't be had, `malformed` when they are not the signed
 *   ones: both say nothing against what was seen before.
 */
export async function watchLog(
  seen: SeenCheckpoint,
  before: WatchState | undefined,
  tiles: TileReader,
  { now, stallMs }: { readonly now: number; readonly stallMs: number },
): Promise<Watched> {
  const { origin, size, root, note } = seen;
  const next = { origin, size, root, note, grownAt: now };
  if (before === undefined) {
    await AuthenticatedTiles.open(tiles, seen);
    return { sight: { kind: 'first', from: 0, to: size }, state: next };
  }
  if (before.origin !== origin) {
    throw new Fault('usage', 'state.origin', `is of ${before.origin}, and this log is ${origin}`);
  }
  const notes = [before.note, note] as const;
  const bad = (kind: 'rollback' | 'fork', because: string): Watched => ({
    sight: { kind, because, notes },
    state: before,
  });
  if (size === before.size) {
    if (!equalBytes(root, before.root)) {
      return bad('fork', `two roots at ${size} leaves: ${toHex(before.root)} and ${toHex(root)}`);
    }
    const since = before.grownAt;
    if (now - since >= stallMs) return { sight: { kind: 'stall', since, size }, state: before };
    return { sight: { kind: 'same', from: size, to: size }, state: before };
  }
  if (size < before.size) return bad('rollback', `had ${before.size} leaves, and now has ${size}`);
  const known = await AuthenticatedTiles.open(tiles, seen);
  const then = before.size === 0 ? before.root : await known.rootAt(before.size);
  if (!equalBytes(then, before.root)) {
    const was = toHex(before.root);
    return bad('fork', `had the root ${was} at ${before.size} leaves, and now ${toHex(then)}`);
  }
  return { sight: { kind: 'grown', from: before.size, to: size }, state: next };
}
