import { equalBytes } from '../../core/bytes/equal.ts';
import { Fault } from '../../core/fault.ts';
import type { StoreFault } from '../store.ts';
import { StoreTiles } from '../store-tiles.ts';
import { AuthenticatedTiles } from '../tiles/authenticated-tiles.ts';
import { parseEntryBundle, verifyEntries } from '../tiles/entry-bundle.ts';
import { publishedPaths } from '../tiles/published.ts';
import { TILE_WIDTH, tileWidth } from '../tiles/tile.ts';
import { type TilePath, writeTilePath } from '../tiles/tile-path.ts';
import type { TileReader } from '../tiles/tile-reader.ts';
import { leafHash } from '../tree/hash.ts';
import { TileEdge } from '../writer/tile-edge.ts';

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
    const problem = problemOf(error);
    // So many entries nobody has, or would come to the end of.
    if (Number.isSafeInteger(head.size)) yield* fsckByEntries(log, head, problem);
    else yield { at: 'checkpoint', problem };
    return;
  }
  const said = new Set<string>();
  for (const path of publishedPaths(head.size)) {
    const { level, index, width } = path;
    try {
      if (level === 'entries') {
        const from = index * TILE_WIDTH;
        const entries = await entriesOf(log, path);
        verifyEntries(entries, await tiles.leafHashes(from, from + width));
        onProgress?.(from + width);
      } else if (width === TILE_WIDTH) {
        await tiles.verifyTile(level, index);
      }
    } catch (error) {
      const problem = problemOf(error);
      // What is wrong with a tile shows in all that is below it: it is said once.
      const at = writeTilePath(tileIn(error, head.size) ?? path);
      if (!said.has(at)) yield { at, problem };
      said.add(at);
    }
  }
}

/**
 * Without a right edge that has the signed root no tile says anything of another. All entries
 * together do: where they come to that root, every tile is held against them.
 *
 * @param problem of the edge.
 */
async function* fsckByEntries(
  log: PublishedTree,
  head: { readonly size: number; readonly root: Uint8Array },
  problem: string,
): AsyncGenerator<StoreFault> {
  const edge = TileEdge.empty();
  const full: Uint8Array[][] = [];
  const leaves: Uint8Array[] = [];
  for (const path of publishedPaths(head.size)) {
    if (path.level !== 'entries') break;
    try {
      for (const entry of await entriesOf(log, path)) {
        const hash = leafHash(entry);
        leaves.push(hash);
        for (const tile of edge.append(hash)) {
          const level = full[tile.level] ?? [];
          level.push(tile.hashes);
          full[tile.level] = level;
        }
      }
    } catch (error) {
      yield { at: writeTilePath(path), problem: problemOf(error) };
    }
  }
  if (edge.size !== head.size || !equalBytes(edge.root(), head.root)) {
    yield {
      at: 'tile',
      problem: `${problem}; and the entries don’t come to the signed root either`,
    };
    return;
  }
  const own = new StoreTiles({
    tiles: async (level, from, count) => (full[level] ?? []).slice(from, from + count),
    leafHashes: async (from, to) => leaves.slice(from, to),
  });
  for (const { level, index, width } of publishedPaths(head.size)) {
    if (level === 'entries') continue;
    const at = writeTilePath({ level, index, width });
    try {
      const want = await own.readTile(level, index, width);
      if (equalBytes(await log.readTile(level, index, width), want)) continue;
      yield { at, problem: 'is not what the entries come to' };
    } catch (error) {
      yield { at, problem: problemOf(error) };
    }
  }
}

async function entriesOf(log: PublishedTree, { index, width }: TilePath) {
  const read = await log.readEntries(index, width);
  return parseEntryBundle(read.bytes, read.width).slice(0, width);
}

/** The tile that a Fault is about, where it says one. */
function tileIn(error: unknown, size: number): TilePath | undefined {
  const at = error instanceof Fault ? error.at : '';
  const [, level, index] = /^tile\/(\d+)\/(\d+)$/.exec(at) ?? [];
  if (level === undefined || index === undefined) return undefined;
  const [l, i] = [Number(level), Number(index)];
  return { level: l, index: i, width: tileWidth(size, l, i) };
}

/** @throws what is a bug of ours. */
function problemOf(error: unknown): string {
  if (!(error instanceof Fault) || error.code === 'internal') throw error;
  return error.message;
}
