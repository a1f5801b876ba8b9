import { TILE_WIDTH, tileWidth } from './tile.ts';
import type { TilePath } from './tile-path.ts';

/**
 * Every tile and entry bundle that a log of `size` leaves publishes and one of `since` leaves did
 * not, entries first and then level by level: what a reader of the new checkpoint needs is there
 * before it.
 */
export function* publishedPaths(size: number, since = 0): Generator<TilePath> {
  yield* pathsOf('entries', size, since);
  for (let level = 0; size >= TILE_WIDTH ** level; level++) yield* pathsOf(level, size, since);
}

function* pathsOf(level: TilePath['level'], size: number, since: number): Generator<TilePath> {
  const height = level === 'entries' ? 0 : level;
  const first = Math.floor(since / TILE_WIDTH ** (height + 1));
  for (let index = first; ; index++) {
    const width = tileWidth(size, height, index);
    if (width === 0) return;
    if (width > tileWidth(since, height, index)) yield { level, index, width };
  }
}
