import { Fault } from '../../core/fault.ts';
import { HASH_SIZE } from '../tree/hash.ts';
import { TILE_WIDTH } from './tile.ts';

/** Where tiles come from: files, a server, a database. What it gives is believed by nobody. */
export interface TileReader {
  /**
   * @param width hashes that are wanted, 1 to 256; the tile has exactly these.
   * @throws Fault `unreachable` when it is not there.
   */
  readonly readTile: (level: number, index: number, width: number) => Promise<Uint8Array>;
}

/**
 * A log may delete a part of a tile once the full one is there: then the part is cut out of that.
 *
 * @throws Fault `unreachable`, of the part, when neither is there.
 */
export function orFromFullTile(reader: TileReader): TileReader {
  return {
    readTile: async (level, index, width) => {
      try {
        return await reader.readTile(level, index, width);
      } catch (error) {
        if (width === TILE_WIDTH || !isUnreachable(error)) throw error;
        const full = await reader.readTile(level, index, TILE_WIDTH).catch(() => undefined);
        if (full === undefined) throw error;
        return full.subarray(0, width * HASH_SIZE);
      }
    },
  };
}

function isUnreachable(error: unknown): boolean {
  return error instanceof Fault && error.code === 'unreachable';
}
