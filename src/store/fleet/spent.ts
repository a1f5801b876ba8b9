import { Fault } from '../../core/fault.ts';
import type { Spent } from '../../gateway/fleet/store.ts';
import type { Sql } from '../driver.ts';
import { withSum } from '../row-sum.ts';

/** Of one transaction of forgetting: a writer that waits for it has waited milliseconds. */
const SLICE = 1_000;

/** @returns false where it was spent already: no clock says that it may be spent again. */
export async function spendOnce(sql: Sql, { digest, until }: Spent): Promise<boolean> {
  // The row itself is what counts, whatever it says: a damaged one was spent as well.
  const known = await sql.all('SELECT digest FROM spent WHERE digest = ?', digest);
  if (known.length > 0) return false;
  await sql.insert('spent', [withSum('spent', { digest, until })]);
  return true;
}

/** @throws Fault `conflict` at `spent`. */
export async function spend(sql: Sql, spent: Spent): Promise<void> {
  if (!(await spendOnce(sql, spent))) throw new Fault('conflict', 'spent', 'was used already');
}

/** To be called until it finds none. @returns how many. */
export function purgeSomeSpent(sql: Sql, before: number): Promise<number> {
  return sql.run(
    'DELETE FROM spent WHERE digest IN (SELECT digest FROM spent WHERE until < ? LIMIT ?)',
    ...[before, SLICE],
  );
}
