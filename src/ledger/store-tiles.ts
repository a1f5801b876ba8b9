import { concatBytes } from '../core/bytes/writer.ts';
import { Fault } from '../core/fault.ts';
import type { LedgerStore } from './store.ts';
import { TILE_HEIGHT, TILE_WIDTH, Tile } from './tiles/tile.ts';
import type { TileReader } from './tiles/tile-reader.ts';

/** Hashes of full tiles, in the order of the tiles, below one tile that is not full. */
interface Below {
  readonly parent: number;
  readonly roots: readonly Uint8Array[];
}

/**
 * The tiles of a store, of any width: it keeps full ones only, and leaves. What a tile above the
 * leaves has so far is made of the full tiles below it, each hashed once as long as the log stays
 * below the same parent.
 */
export class StoreTiles implements TileReader {
  readonly #store: Pick<LedgerStore, 'tiles' | 'leafHashes'>;
  readonly #below = new Map<number, Below>();

  constructor(store: Pick<LedgerStore, 'tiles' | 'leafHashes'>) {
    this.#store = store;
  }

  /** @throws Fault `unreachable` for a tile that is not, or not that far, there. */
  async readTile(level: number, index: number, width: number): Promise<Uint8Array> {
    if (width === TILE_WIDTH) {
      const [tile] = await this.#store.tiles(level, index, 1);
      if (tile) return tile;
    } else {
      const start = index * TILE_WIDTH;
      const hashes =
        level === 0
          ? await this.#store.leafHashes(start, start + width)
          : await this.#rootsBelow(level, index, width);
      if (hashes.length === width) return concatBytes(...hashes);
    }
    throw new Fault('unreachable', `tile/${level}/${index}`, `is not there, ${width} wide`);
  }

  async #rootsBelow(level: number, parent: number, width: number): Promise<readonly Uint8Array[]> {
    const known = this.#below.get(level);
    const roots = known?.parent === parent ? known.roots : [];
    if (roots.length >= width) return roots.slice(0, width);
    const from = parent * TILE_WIDTH + roots.length;
    const tiles = await this.#store.tiles(level - 1, from, width - roots.length);
    const more = tiles.map((bytes, i) =>
      new Tile(bytes, TILE_WIDTH, `tile/${level - 1}/${from + i}`).node(TILE_HEIGHT, 0),
    );
    const all = [...roots, ...more];
    this.#below.set(level, { parent, roots: all });
    return all;
  }
}
