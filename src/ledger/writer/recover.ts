import { equalBytes } from '../../core/bytes/equal.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { Fault, malformed } from '../../core/fault.ts';
import type { FullTile, LedgerStore, LogHead } from '../store.ts';
import { TILE_WIDTH } from '../tiles/tile.ts';
import { hashesOf, TileEdge } from './tile-edge.ts';

/** Tiles of one answer: 2 MB. */
const AT_ONCE = 256;

/** The part of a store that a tree is read from. */
export type TreeStore = Pick<LedgerStore, 'tiles' | 'leafHashes'>;

/**
 * The edge of a log, made anew from its level-0 tiles and the leaves behind them; every tile of a
 * higher level is held against what those come to.
 *
 * @param size of the log.
 * @throws Fault `malformed` at the tile, e.g. `tiles[1][3]`, that is missing or not what it should
 *   be.
 */
export async function recoverEdge(store: TreeStore, size: number): Promise<TileEdge> {
  const edge = TileEdge.empty();
  const above = new HigherTiles(store);
  const full = Math.floor(size / TILE_WIDTH);
  for (let index = 0; index < full; index += AT_ONCE) {
    const tiles = await store.tiles(0, index, Math.min(AT_ONCE, full - index));
    for (let i = 0; i < Math.min(AT_ONCE, full - index); i++) {
      const tile = tiles[i];
      if (tile?.length !== TILE_WIDTH * 32)
        throw malformed(`tiles[0][${index + i}]`, 'is not there, whole');
      for (const hash of hashesOf(tile)) {
        const [, ...higher] = edge.append(hash);
        for (const one of higher) await above.compare(one);
      }
    }
  }
  return extendEdge(store, edge, size);
}

/**
 * The same from an edge that was right: only the leaves behind it are read.
 *
 * @throws Fault `malformed` at a leaf that is missing.
 */
export async function extendEdge(
  store: TreeStore,
  from: TileEdge,
  size: number,
): Promise<TileEdge> {
  const edge = from.copy();
  while (edge.size < size) {
    const start = edge.size;
    const hashes = await store.leafHashes(start, Math.min(size, start + AT_ONCE * TILE_WIDTH));
    if (hashes.length === 0) throw malformed(`leaves[${start}]`, `is not there, of ${size}`);
    for (const hash of hashes) edge.append(hash);
  }
  return edge;
}

/**
 * @throws Fault `conflict` where what is stored is not what was signed: nothing may be signed on
 *   top of it.
 */
export function wantRoot(edge: TileEdge, { size, root }: Pick<LogHead, 'size' | 'root'>): void {
  const got = edge.root();
  if (edge.size === size && equalBytes(got, root)) return;
  throw new Fault(
    'conflict',
    'head.root',
    `${toHex(root)} was signed for ${size} leaves; those that are stored come to ${toHex(got)}`,
  );
}

/** Tiles of the levels above, in order as they become due. */
class HigherTiles {
  readonly #store: TreeStore;
  readonly #ahead: { from: number; tiles: readonly Uint8Array[] }[] = [];

  constructor(store: TreeStore) {
    this.#store = store;
  }

  async compare({ level, index, hashes }: FullTile): Promise<void> {
    let ahead = this.#ahead[level];
    if (ahead === undefined || index >= ahead.from + ahead.tiles.length) {
      ahead = { from: index, tiles: await this.#store.tiles(level, index, AT_ONCE) };
      this.#ahead[level] = ahead;
    }
    const stored = ahead.tiles[index - ahead.from];
    if (stored === undefined) throw malformed(`tiles[${level}][${index}]`, 'is not there');
    if (!equalBytes(stored, hashes)) {
      throw malformed(`tiles[${level}][${index}]`, 'is not what the tiles below come to');
    }
  }
}
