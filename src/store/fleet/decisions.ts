import type { FleetChange } from '../../gateway/fleet/store.ts';
import type { Sql } from '../driver.ts';
import { checked, integerOf, textOf, withSum } from '../row-sum.ts';
import { isStorable } from '../storable.ts';

/** To be run alone among writers, with the node that it is about in place. */
export async function addDecision(
  sql: Sql,
  { id, node }: NonNullable<FleetChange['decision']>,
): Promise<void> {
  const [last] = await sql.all('SELECT max(nth) AS nth FROM decisions WHERE node = ?', node);
  const nth = integerOf(last?.['nth'] ?? 0) + 1;
  await sql.insert('decisions', [withSum('decisions', { id, node, nth })]);
}

export async function nodeOfDecision(sql: Sql, id: string): Promise<string | undefined> {
  if (!isStorable(id)) return undefined;
  const [row] = await sql.all('SELECT * FROM decisions WHERE id = ?', id);
  return row && textOf(checked('decisions', row)['node']);
}

/** Newest first. */
export async function decisionsOf(
  sql: Sql,
  node: string,
  count: number,
): Promise<readonly string[]> {
  if (!isStorable(node)) return [];
  const rows = await sql.all(
    'SELECT * FROM decisions WHERE node = ? ORDER BY nth DESC LIMIT ?',
    ...[node, count],
  );
  return rows.map((row) => textOf(checked('decisions', row)['id']));
}
