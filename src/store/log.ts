import { malformed } from '../core/fault.ts';
import type { StoredLeaf } from '../ledger/store.ts';
import { headSize } from './checkpoints.ts';
import type { Row, Sql } from './driver.ts';
import { bytesOf, integerOf, textOf } from './row-sum.ts';

export async function tiles(
  sql: Sql,
  level: number,
  from: number,
  count: number,
): Promise<readonly Uint8Array[]> {
  const rows = await sql.all(
    'SELECT idx, hashes FROM tiles WHERE level = ? AND idx >= ? ORDER BY idx LIMIT ?',
    ...[level, from, count],
  );
  return inOrder(rows, from, `tiles[${level}]`).map(({ hashes }) => bytesOf(hashes));
}

export async function leafHashes(
  sql: Sql,
  from: number,
  to: number,
): Promise<readonly Uint8Array[]> {
  const rows = await leafRows(sql, 'SELECT idx, hash FROM leaves WHERE', from, to);
  return rows.map(({ hash }) => bytesOf(hash));
}

const LEAF = 'SELECT idx, id, entry, hash FROM leaves WHERE';

export async function leaves(sql: Sql, from: number, to: number): Promise<readonly StoredLeaf[]> {
  return (await leafRows(sql, LEAF, from, to)).map(leafOf);
}

export async function leafById(sql: Sql, id: string): Promise<StoredLeaf | undefined> {
  const [row] = await sql.all(`${LEAF} id = ?`, id);
  return row && leafOf(row);
}

/** @throws Fault `malformed` where a leaf that was signed is missing, at the end of them as well. */
async function leafRows(
  sql: Sql,
  select: string,
  from: number,
  to: number,
): Promise<readonly Row[]> {
  // Before the rows: a log that grows in between only has more of them.
  const signed = (await headSize(sql)) ?? 0;
  const found = await sql.all(`${select} idx >= ? AND idx < ? ORDER BY idx`, from, to);
  const rows = inOrder(found, from, 'leaves');
  const next = from + rows.length;
  if (next < Math.min(to, signed)) throw malformed(`leaves[${next}]`, `is missing, of ${signed}`);
  return rows;
}

function leafOf(row: Row): StoredLeaf {
  return {
    index: integerOf(row['idx']),
    id: textOf(row['id']),
    entry: bytesOf(row['entry']),
    hash: bytesOf(row['hash']),
  };
}

/** @throws Fault `malformed` at the first that is missing between others: the log has no holes. */
function inOrder(rows: readonly Row[], from: number, at: string): readonly Row[] {
  for (const [i, { idx }] of rows.entries()) {
    if (idx !== from + i) throw malformed(at, `number ${from + i} is missing`);
  }
  return rows;
}
