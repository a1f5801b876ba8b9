import { equalBytes } from '../core/bytes/equal.ts';
import type { StoreFault } from '../ledger/store.ts';
import { TILE_HEIGHT, TILE_WIDTH, Tile } from '../ledger/tiles/tile.ts';
import { HASH_SIZE } from '../ledger/tree/hash.ts';
import type { Row, Sql } from './driver.ts';
import { bytesOf, integerOf } from './row-sum.ts';

/** Every full tile that a log of this length has, against what is below it; and none beside. */
export async function tileFaults(sql: Sql): Promise<StoreFault[]> {
  const faults: StoreFault[] = [];
  const [leaves] = await sql.all('SELECT count(*) AS count FROM leaves');
  let below = integerOf(leaves?.['count']);
  let expected = 0;
  for (let level = 0; below >= TILE_WIDTH; level++) {
    const tiles = Math.floor(below / TILE_WIDTH);
    for (let index = 0; index < tiles; index++) {
      const problem = await tileProblem(sql, level, index);
      if (problem !== undefined) faults.push({ at: `tiles[${level},${index}]`, problem });
    }
    below = tiles;
    expected += tiles;
  }
  const [stored] = await sql.all('SELECT count(*) AS count FROM tiles');
  if (integerOf(stored?.['count']) !== expected) {
    const problem = `has ${stored?.['count']}, but the leaves make ${expected}`;
    faults.push({ at: 'tiles', problem });
  }
  return faults;
}

async function tileProblem(sql: Sql, level: number, index: number): Promise<string | undefined> {
  const [row] = await sql.all(
    'SELECT hashes FROM tiles WHERE level = ? AND idx = ?',
    ...[level, index],
  );
  if (row === undefined) return 'is missing';
  const hashes = bytesOf(row['hashes']);
  const below = await hashesBelow(sql, level, index);
  const isSame = hashes.length === TILE_WIDTH * HASH_SIZE && below.length === TILE_WIDTH;
  const differs = below.findIndex(
    (hash, i) => !equalBytes(hash, hashes.subarray(i * HASH_SIZE, (i + 1) * HASH_SIZE)),
  );
  if (isSame && differs < 0) return undefined;
  return `its hash ${differs < 0 ? below.length : differs} is not that of what is below`;
}

async function hashesBelow(sql: Sql, level: number, index: number): Promise<Uint8Array[]> {
  const range = [index * TILE_WIDTH, (index + 1) * TILE_WIDTH] as const;
  if (level === 0) {
    const rows = await sql.all(
      'SELECT hash FROM leaves WHERE idx >= ? AND idx < ? ORDER BY idx',
      ...range,
    );
    return rows.map(({ hash }: Row) => bytesOf(hash));
  }
  const rows = await sql.all(
    'SELECT hashes FROM tiles WHERE level = ? AND idx >= ? AND idx < ? ORDER BY idx',
    ...[level - 1, ...range],
  );
  return rows.map(({ hashes }) => tileRoot(bytesOf(hashes)));
}

/** Of a tile that is no full one nothing, which no hash above it is. */
function tileRoot(hashes: Uint8Array): Uint8Array {
  if (hashes.length !== TILE_WIDTH * HASH_SIZE) return new Uint8Array();
  return new Tile(hashes, TILE_WIDTH, 'tile').node(TILE_HEIGHT, 0);
}
