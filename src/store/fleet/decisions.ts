import { Fault } from '../../core/fault.ts';
import type { FleetChange } from '../../gateway/fleet/store.ts';
import type { Sql } from '../driver.ts';
import { checked, integerOf, textOf, withSum } from '../row-sum.ts';
import { isStorable } from '../storable.ts';

/**
 * To be run alone among writers.
 *
 * @throws Fault `conflict` where its id is taken, or the node that it is about is not there.
 */
export async function addDecision(
  sql: Sql,
  { id, node }: NonNullable<FleetChange['decision']>,
): Promise<void> {
  const [found] = await sql.all(
    `SELECT (SELECT node FROM decisions WHERE id = ?) AS taken,
      (SELECT id FROM nodes WHERE id = ?) AS node,
      (SELECT max(nth) FROM decisions WHERE node = ?) AS nth`,
    ...[id, node, node],
  );
  const { taken = null, node: there = null, nth: last = null } = found ?? {};
  if (taken !== null) {
    throw new Fault('conflict', `decisions[${id}]`, `is about node ${textOf(taken)} already`);
  }
  if (there === null) throw new Fault('conflict', `nodes[${node}]`, 'is not there');
  const nth = integerOf(last ?? 0) + 1;
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
