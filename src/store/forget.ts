import type { Forgotten } from '../ledger/store.ts';
import type { Row, Sql } from './driver.ts';
import { allIn } from './many.ts';
import { checked, integerOf, usesSum, withSum } from './row-sum.ts';

/** In one transaction: a writer that waits for it has waited milliseconds. */
const SLICE = 500;

/**
 * Forgets some of the records of before an instant: to be called until it finds none. Blobs go
 * with their last use; one that no record ever used stays.
 */
export async function forgetSome(
  sql: Sql,
  before: number,
  at: number,
  reason: string,
): Promise<Forgotten> {
  const rows = await sql.all(
    'SELECT * FROM records WHERE forgotten IS NULL AND moment < ? ORDER BY moment LIMIT ?',
    ...[before, SLICE],
  );
  const indexes = rows.map((row) => integerOf(row['idx']));
  const used = await allIn(sql, 'SELECT DISTINCT blob FROM uses WHERE record IN', indexes);
  for (const row of rows) await forgetOne(sql, checked('records', row), at, reason);
  let blobs = 0;
  for (const blob of new Set(used.map((row) => integerOf(row['blob'])))) {
    blobs += await sql.run(
      'DELETE FROM blobs WHERE id = ? AND NOT EXISTS (SELECT 1 FROM uses WHERE blob = ?)',
      ...[blob, blob],
    );
  }
  return { records: rows.length, blobs };
}

async function forgetOne(sql: Sql, row: Row, at: number, reason: string): Promise<void> {
  const after = { ...row, uses_sum: usesSum([]), forgotten: at, reason };
  await sql.run('DELETE FROM uses WHERE record = ?', integerOf(row['idx']));
  await sql.run(
    'UPDATE records SET uses_sum = ?, forgotten = ?, reason = ?, sum = ? WHERE idx = ?',
    ...[after.uses_sum, at, reason, withSum('records', after)['sum'] ?? null],
    integerOf(row['idx']),
  );
}
