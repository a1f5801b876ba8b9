import type { RecordPlace, RecordRow } from '../ledger/store.ts';
import type { Row, Sql } from './driver.ts';
import { checked, integerOf, textOf } from './row-sum.ts';

const RECORD = 'SELECT r.*, l.id AS id FROM records r JOIN leaves l ON l.idx = r.idx WHERE';

export async function records(
  sql: Sql,
  from: number,
  count: number,
): Promise<readonly RecordRow[]> {
  const rows = await sql.all(`${RECORD} r.idx >= ? ORDER BY r.idx LIMIT ?`, from, count);
  return rows.map(recordOf);
}

export async function record(sql: Sql, id: string): Promise<RecordRow | undefined> {
  const [row] = await sql.all(`${RECORD} l.id = ?`, id);
  return row && recordOf(row);
}

/** In the order of the index `records_by_moment`, which has these alone. */
export const RECORDS_BEFORE = `SELECT * FROM records
  WHERE forgotten IS NULL AND moment < ? AND moment >= ? AND (moment > ? OR idx > ?)
  ORDER BY moment, idx LIMIT ?`;

export async function recordsBefore(
  sql: Sql,
  before: number,
  after: RecordPlace | undefined,
  count: number,
): Promise<readonly RecordPlace[]> {
  const { at, index } = after ?? { at: 0, index: -1 };
  const rows = await sql.all(RECORDS_BEFORE, before, at, at, index, count);
  return rows.map((row) => {
    const { moment, idx } = checked('records', row);
    return { at: integerOf(moment), index: integerOf(idx) };
  });
}

export async function forgotten(sql: Sql): Promise<number> {
  const [row] = await sql.all('SELECT count(*) AS count FROM records WHERE forgotten IS NOT NULL');
  return integerOf(row?.['count']);
}

function recordOf(row: Row): RecordRow {
  checked('records', row);
  const known = {
    id: textOf(row['id']),
    index: integerOf(row['idx']),
    at: integerOf(row['moment']),
    manifest: textOf(row['manifest']),
  };
  if (row['forgotten'] === null) return known;
  const forgotten = { at: integerOf(row['forgotten']), reason: textOf(row['reason']) };
  return { ...known, forgotten };
}
