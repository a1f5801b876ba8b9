import { createHash } from 'node:crypto';
import { equalBytes } from '../core/bytes/equal.ts';
import type { StoreFault } from '../ledger/store.ts';
import type { Row, Sql } from './driver.ts';
import { bytesOf, integerOf } from './row-sum.ts';

const WIDTH = 256;
const HASH = 32;

/** Every full tile that a log of this length has, against what is below it; and none beside. */
export async function tileFaults(sql: Sql): Promise<StoreFault[]> {
  const faults: StoreFault[] = [];
  const [leaves] = await sql.all('SELECT count(*) AS count FROM leaves');
  let below = integerOf(leaves?.['count']);
  let expected = 0;
  for (let level = 0; below >= WIDTH; level++) {
    const tiles = Math.floor(below / WIDTH);
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
  const isSame = hashes.length === WIDTH * HASH && below.length === WIDTH;
  const differs = below.findIndex(
    (hash, i) => !equalBytes(hash, hashes.subarray(i * HASH, (i + 1) * HASH)),
  );
  if (isSame && differs < 0) return undefined;
  return `its hash ${differs < 0 ? below.length : differs} is not that of what is below`;
}

async function hashesBelow(sql: Sql, level: number, index: number): Promise<Uint8Array[]> {
  const range = [index * WIDTH, (index + 1) * WIDTH] as const;
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

/** Of a full tile (RFC 6962 section 2.1: 0x01, left, right). */
function tileRoot(hashes: Uint8Array): Uint8Array {
  let row = Array.from({ length: WIDTH }, (_, i) => hashes.subarray(i * HASH, (i + 1) * HASH));
  while (row.length > 1) {
    row = Array.from({ length: row.length / 2 }, (_, i) =>
      createHash('sha256')
        .update(Uint8Array.of(1))
        .update(row[2 * i] ?? '')
        .update(row[2 * i + 1] ?? '')
        .digest(),
    );
  }
  return row[0] ?? new Uint8Array(HASH);
}
