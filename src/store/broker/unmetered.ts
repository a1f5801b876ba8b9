import type { Unmetered } from '../../gateway/broker/store.ts';
import type { Row, Sql } from '../driver.ts';
import { checked, integerOf, placeOf, textOf, withSum } from '../row-sum.ts';
import { closed, hex, instant, wantShape, words } from '../shape.ts';
import { isStorable } from '../storable.ts';

const shape = closed<Unmetered>({
  session: hex(32),
  node: hex(16),
  account: words,
  keyset: hex(48),
  at: instant,
});

/** Of one transaction of forgetting: a writer that waits for it has waited milliseconds. */
const SLICE = 1_000;

/** @throws Fault `usage` at the member that is not as a session has it. */
export function checkUnmetered(session: Unmetered): void {
  wantShape(shape, session, 'session', 'usage');
}

/** Nothing where its statement came meanwhile, or it was noted before. */
export async function addUnmetered(sql: Sql, { at, ...session }: Unmetered): Promise<void> {
  const known = await sql.all(
    `SELECT session FROM usage WHERE session = ? AND keyset = ?
      UNION SELECT session FROM unmetered WHERE session = ? AND node = ?`,
    ...[session.session, session.keyset, session.session, session.node],
  );
  if (known.length > 0) return;
  await sql.insert('unmetered', [withSum('unmetered', { ...session, moment: at })]);
}

export async function readUnmetered(
  sql: Sql,
  session: string,
  node: string,
): Promise<Unmetered | undefined> {
  if (!isStorable(session) || !isStorable(node)) return undefined;
  const [row] = await sql.all(
    'SELECT * FROM unmetered WHERE session = ? AND node = ?',
    ...[session, node],
  );
  return row && unmeteredOf(row);
}

/** To be called until it finds none. @returns how many. */
export function purgeSomeUnmetered(sql: Sql, before: number): Promise<number> {
  return sql.run(
    `DELETE FROM unmetered WHERE (session, node) IN
      (SELECT session, node FROM unmetered WHERE moment < ? LIMIT ?)`,
    ...[before, SLICE],
  );
}

/** @throws Fault `malformed` for a row that is not as its sum says, or holds no session. */
export function unmeteredOf(row: Row): Unmetered {
  checked('unmetered', row);
  const session = {
    session: textOf(row['session']),
    node: textOf(row['node']),
    account: textOf(row['account']),
    keyset: textOf(row['keyset']),
    at: integerOf(row['moment']),
  };
  wantShape(shape, session, placeOf('unmetered', row), 'malformed');
  return session;
}
