import { Fault } from '../core/fault.ts';
import type { Sql } from './driver.ts';
import { checked, textOf, withSum } from './row-sum.ts';

/** Of `meta`: when, in milliseconds since the epoch. */
const ROW = 'restored';

export async function restoredAt(sql: Sql): Promise<number | undefined> {
  const [row] = await sql.all('SELECT * FROM meta WHERE name = ?', ROW);
  return row && Number(textOf(checked('meta', row)['value']));
}

/** To be run in the transaction that takes the lease away. */
export async function markRestored(sql: Sql, at: number): Promise<void> {
  await sql.run('DELETE FROM meta WHERE name = ?', ROW);
  await sql.insert('meta', [withSum('meta', { name: ROW, value: `${at}` })]);
}

/** @throws Fault `conflict`: another copy was put into the place of the one that was looked at. */
export async function unmarkRestored(sql: Sql, at: number): Promise<void> {
  if ((await sql.run('DELETE FROM meta WHERE name = ? AND value = ?', ROW, `${at}`)) > 0) return;
  throw new Fault('conflict', 'ledger', 'was marked as brought back from a backup at another time');
}

/** @throws Fault `unreachable`: nothing is wrong with what was to be written, and it can't be now. */
export async function wantNotRestored(sql: Sql): Promise<void> {
  const at = await restoredAt(sql);
  if (at === undefined) return;
  const since = new Date(at).toISOString();
  const detail = `is closed since ${since}, and signs nothing before postern audit resume`;
  throw new Fault('unreachable', 'ledger', detail);
}
