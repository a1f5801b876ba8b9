import { equalBytes } from '../../core/bytes/equal.ts';
import { Fault } from '../../core/fault.ts';
import { StoreTiles } from '../store-tiles.ts';
import { AuthenticatedTiles } from '../tiles/authenticated-tiles.ts';
import { type LogIdentity, readOwnCheckpoint } from './identity.ts';
import type { TreeStore } from './recover.ts';
import type { TileEdge } from './tile-edge.ts';

/** A signed checkpoint of this log as somebody else has it. */
export interface KnownCheckpoint {
  /** Where it is from, for people: a file, a URL, a witness. */
  readonly source: string;
  /** The signed note; what cosigned it besides does not matter here. */
  readonly note: Uint8Array;
}

/**
 * Somebody has seen this state of the log: what is stored must have it, or go on from it. A copy
 * brought back from a backup that is behind what was published must never sign again: its next
 * leaves would stand where others already do.
 *
 * @param edge of what is stored.
 * @throws Fault `conflict` at the source when it has not.
 */
export async function wantKnown(
  store: TreeStore,
  identity: Pick<LogIdentity, 'origin' | 'keys'>,
  edge: TileEdge,
  { source, note }: KnownCheckpoint,
): Promise<void> {
  const { size, root } = readOwnCheckpoint(identity, note, source);
  if (size > edge.size) {
    throw new Fault(
      'conflict',
      source,
      `knows the log at ${size} leaves, and only ${edge.size} are stored: this is an older copy, and must not sign`,
    );
  }
  const now = { size: edge.size, root: edge.root() };
  const then = await (await AuthenticatedTiles.open(new StoreTiles(store), now)).rootAt(size);
  if (equalBytes(then, root)) return;
  throw new Fault(
    'conflict',
    source,
    `knows another log of the same name at ${size} leaves: a fork`,
  );
}
