import { malformed } from '../core/fault.ts';
import type { StoredLeaf } from '../ledger/store.ts';
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
  const rows = await sql.all(
    'SELECT idx, hash FROM leaves WHERE idx >= ? AND idx < ? ORDER BY idx',
    ...[from, to],
  );
  return inOrder(rows, from, 'leaves').map(({ hash }) => bytesOf(hash));
}

const LEAF = 'SELECT idx, id, entry, hash FROM leaves WHERE';

export async function leaves(sql: Sql, from: number, to: number): Promise<readonly StoredLeaf[]> {
  const rows = await sql.all(`${LEAF} idx >= ? AND idx < ? ORDER BY idx`, from, to);
  return inOrder(rows, from, 'leaves').map(leafOf);
}

export async function leafById(sql: Sql, id: string): Promise<StoredLeaf | undefined> {
  const [row] = await sql.all(`${LEAF} id = ?`, id);
  return row && leafOf(row);
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
