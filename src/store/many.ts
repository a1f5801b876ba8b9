import type { Row, Sql, Value } from './driver.ts';

/** Values in one list of a statement: far below what either database takes. */
const MOST = 200;

/**
 * Asks for rows by a list of values, however long: the statement ends in `IN`, and gets the list
 * in pieces.
 */
export async function allIn(
  sql: Sql,
  statement: string,
  values: readonly Value[],
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (let from = 0; from < values.length; from += MOST) {
    const piece = values.slice(from, from + MOST);
    const marks = piece.map(() => '?').join(', ');
    rows.push(...(await sql.all(`${statement} (${marks})`, ...piece)));
  }
  return rows;
}
