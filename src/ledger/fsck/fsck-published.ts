import { Fault } from '../../core/fault.ts';
import type { StoreFault } from '../store.ts';
import { AuthenticatedTiles } from '../tiles/authenticated-tiles.ts';
import { parseEntryBundle, verifyEntries } from '../tiles/entry-bundle.ts';
import { publishedPaths } from '../tiles/published.ts';
import { TILE_WIDTH } from '../tiles/tile.ts';
import { writeTilePath } from '../tiles/tile-path.ts';
import type { TileReader } from '../tiles/tile-reader.ts';

/** A log as it is published. */
export interface PublishedTree extends TileReader {
  readonly readEntries: (
    index: number,
    width: number,
  ) => Promise<{ readonly bytes: Uint8Array; readonly width: number }>;
}

/**
 * Reads every tile and every entry of a published log against a root that is believed.
 *
 * @param onProgress leaves so far.
 * @returns what is wrong, each with its path; it goes on after each.
 */
export async function* fsckPublished(
  log: PublishedTree,
  head: { readonly size: number; readonly root: Uint8Array },
  onProgress?: (done: number) => void,
): AsyncGenerator<StoreFault> {
  let tiles: AuthenticatedTiles;
  try {
    tiles = await AuthenticatedTiles.open(log, head);
  } catch (error) {
    yield { at: 'tile', problem: problemOf(error) };
    return;
  }
  for (const path of publishedPaths(head.size)) {
    const { level, index, width } = path;
    try {
      if (level === 'entries') {
        const from = index * TILE_WIDTH;
        const read = await log.readEntries(index, width);
        const entries = parseEntryBundle(read.bytes, read.width).slice(0, width);
        verifyEntries(entries, await tiles.leafHashes(from, from + width));
        onProgress?.(from + width);
      } else if (width === TILE_WIDTH) {
        await tiles.verifyTile(level, index);
      }
    } catch (error) {
      yield { at: writeTilePath(path), problem: problemOf(error) };
    }
  }
}

/** @throws what is a bug of ours. */
function problemOf(error: unknown): string {
  if (!(error instanceof Fault) || error.code === 'internal') throw error;
  return error.message;
}
