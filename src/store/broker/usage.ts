import { hash } from 'node:crypto';
import type { NewUsage, StoredUsage, UsageOutcome } from '../../gateway/broker/store.ts';
import type { Row, Sql } from '../driver.ts';
import { checked, integerOf, placeOf, textOf, withSum } from '../row-sum.ts';
import { closed, count, hex, instant, optional, ordinal, wantShape, words } from '../shape.ts';
import { isStorable } from '../storable.ts';

const usageShape = closed<NewUsage>({
  node: hex(16),
  account: words,
  keyset: hex(48),
  session: hex(32),
  nth: ordinal,
  prev: optional(hex(32)),
  tokens: count,
  statement: words,
  at: instant,
});

/** @throws Fault `usage` at the member that is not as a statement has it. */
export function checkUsage(usage: NewUsage): void {
  wantShape(usageShape, usage, 'usage', 'usage');
}

/** To be run alone among writers; see the port. */
export async function addUsage(sql: Sql, usage: NewUsage): Promise<UsageOutcome> {
  const { node, keyset, account, session, nth } = usage;
  const rows = await sql.all(
    `SELECT * FROM usage WHERE (session = ? AND keyset = ?)
      OR (keyset = ? AND account = ? AND nth BETWEEN ? AND ?) ORDER BY seq`,
    ...[session, keyset, keyset, account, nth - 1, nth + 1],
  );
  const near = rows.map(usageOf);
  const same = near.find((one) => one.session === session || isAt(one, usage, 0));
  if (same?.statement === usage.statement) return { is: 'known' };
  const before = near.find((one) => isAt(one, usage, -1));
  const after = near.find((one) => isAt(one, usage, 1));
  const other =
    same ??
    (before !== undefined && digestOf(before) !== usage.prev ? before : undefined) ??
    (after !== undefined && digestOf(usage) !== after.prev ? after : undefined);
  if (other !== undefined) return { is: 'contradicts', other: other.statement };
  const [row] = await sql.all('SELECT max(seq) AS number FROM usage');
  const seq = integerOf(row?.['number'] ?? 0) + 1;
  await sql.insert('usage', [withSum('usage', rowOf({ ...usage, seq }))]);
  await sql.run('DELETE FROM unmetered WHERE session = ? AND node = ?', session, node);
  return { is: 'added', gap: nth > 1 && before === undefined };
}

export async function readUsage(
  sql: Sql,
  after: number,
  most: number,
  account: string | undefined,
): Promise<readonly StoredUsage[]> {
  if (account !== undefined && !isStorable(account)) return [];
  const rows = await sql.all(
    `SELECT * FROM usage WHERE seq > ?${account === undefined ? '' : ' AND account = ?'} ORDER BY seq LIMIT ?`,
    ...[after, ...(account === undefined ? [] : [account]), most],
  );
  return rows.map(usageOf);
}

export async function tokensOf(sql: Sql, account: string, since: number): Promise<number> {
  if (!isStorable(account)) return 0;
  const [row] = await sql.all(
    'SELECT CAST(coalesce(sum(tokens), 0) AS INTEGER) AS number FROM usage WHERE account = ? AND moment >= ?',
    ...[account, since],
  );
  return integerOf(row?.['number'] ?? 0);
}

/** Of one transaction of forgetting: a writer that waits for it has waited milliseconds. */
const SLICE = 1_000;

/** To be called until it finds none. @returns how many. */
export function purgeSomeUsage(sql: Sql, before: number): Promise<number> {
  return sql.run(
    `DELETE FROM usage WHERE seq IN (SELECT seq FROM usage
      WHERE moment < ? AND seq < (SELECT max(seq) FROM usage) ORDER BY seq LIMIT ?)`,
    ...[before, SLICE],
  );
}

/** @throws Fault `malformed` for a row that is not as its sum says, or holds no statement. */
export function usageOf(row: Row): StoredUsage {
  checked('usage', row);
  const prev = row['prev'] ?? null;
  const usage: NewUsage = {
    node: textOf(row['node']),
    account: textOf(row['account']),
    keyset: textOf(row['keyset']),
    session: textOf(row['session']),
    nth: integerOf(row['nth']),
    ...(prev !== null && { prev: textOf(prev) }),
    tokens: integerOf(row['tokens']),
    statement: textOf(row['statement']),
    at: integerOf(row['moment']),
  };
  wantShape(usageShape, usage, placeOf('usage', row), 'malformed');
  return { seq: integerOf(row['seq']), ...usage };
}

function rowOf({ at, prev, ...usage }: StoredUsage): Row {
  return { ...usage, prev: prev ?? null, moment: at };
}

function isAt(one: NewUsage, { keyset, account, nth }: NewUsage, step: -1 | 0 | 1): boolean {
  return one.keyset === keyset && one.account === account && one.nth === nth + step;
}

function digestOf({ statement }: NewUsage): string {
  return hash('sha256', statement, 'hex');
}
