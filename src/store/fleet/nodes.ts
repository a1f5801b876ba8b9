import { parseJson } from '../../core/encoding/json.ts';
import { Fault, malformed } from '../../core/fault.ts';
import type { FleetNode, NodeState, Standing } from '../../gateway/fleet/node.ts';
import type { FleetChange, NodeFilter } from '../../gateway/fleet/store.ts';
import type { Row, Sql, Value } from '../driver.ts';
import { checked, integerOf, placeOf, textOf, withSum } from '../row-sum.ts';
import { isStorable } from '../storable.ts';
import { keepHardware } from './hardware.ts';
import { wantNodeDocument } from './node-shape.ts';

type Column = 'id' | 'name' | 'public_key';

export async function nodeBy(
  sql: Sql,
  column: Column,
  value: string,
): Promise<FleetNode | undefined> {
  if (!isStorable(value)) return undefined;
  const [row] = await sql.all(`SELECT * FROM nodes WHERE ${column} = ?`, value);
  return row && nodeOf(row);
}

export async function listNodes(
  sql: Sql,
  { pool, state }: NodeFilter,
  after: string | undefined,
  count: number,
): Promise<readonly FleetNode[]> {
  const wanted = [after ?? '', ...(pool === undefined ? [] : [pool]), ...(state ? [state] : [])];
  if (!wanted.slice(1).every(isStorable)) return [];
  const rows = await sql.all(
    `SELECT * FROM nodes WHERE id > ?${pool === undefined ? '' : ' AND pool = ?'}${
      state === undefined ? '' : ' AND state = ?'
    } ORDER BY id LIMIT ?`,
    ...[...wanted, count],
  );
  return rows.map(nodeOf);
}

export async function countNodes(
  sql: Sql,
  pool: string | undefined,
): Promise<Readonly<Record<NodeState, number>>> {
  const counts = { enrolled: 0, admitted: 0, lapsed: 0, quarantined: 0, revoked: 0 };
  const wanted = pool === undefined ? [] : [pool];
  if (!wanted.every(isStorable)) return counts;
  const rows = await sql.all(
    `SELECT state, count(*) AS count FROM nodes${
      pool === undefined ? '' : ' WHERE pool = ?'
    } GROUP BY state`,
    ...wanted,
  );
  for (const row of rows) {
    const state = textOf(row['state']);
    if (!isState(counts, state)) throw malformed('nodes', `${state} is no state of a node`);
    counts[state] = integerOf(row['count']);
  }
  return counts;
}

/** @throws Fault `malformed` for a row that is not as its sum, its document and its columns say. */
export function nodeOf(row: Row): FleetNode {
  checked('nodes', row);
  const at = placeOf('nodes', row);
  const document: unknown = parseJson(textOf(row['doc']), at).value;
  wantNodeDocument(document, at, 'malformed');
  const due = row['due'] ?? null;
  const node = due === null ? document : { ...document, dueAt: integerOf(due) };
  for (const [column, value] of Object.entries(columnsOf(node))) {
    if (row[column] === value) continue;
    throw malformed(`${at}.${column}`, 'is not what the document of the node says');
  }
  return node;
}

export async function writeNode(
  sql: Sql,
  { expected, next }: NonNullable<FleetChange['node']>,
): Promise<void> {
  const at = `nodes[${next.id}]`;
  const [before] = await sql.all('SELECT * FROM nodes WHERE id = ?', next.id);
  if (expected !== 'new') wantVersion(before, expected, at);
  else if (before !== undefined) throw new Fault('conflict', at, 'this id is taken');
  await wantFree(sql, 'name', next.name, next.id);
  await wantFree(sql, 'public_key', next.key.publicKey, next.id);
  const row = rowOf(next, takenAfter(before, next));
  if (before === undefined) await sql.insert('nodes', [row]);
  else await update(sql, row);
  await keepHardware(sql, next.id, next.hardware);
}

export async function removeNode(
  sql: Sql,
  { id, expected }: NonNullable<FleetChange['remove']>,
): Promise<void> {
  const [before] = await sql.all('SELECT * FROM nodes WHERE id = ?', id);
  wantVersion(before, expected, `nodes[${id}]`);
  await keepHardware(sql, id, []);
  await sql.run('DELETE FROM decisions WHERE node = ?', id);
  await sql.run('DELETE FROM nodes WHERE id = ?', id);
}

/** @throws Fault `conflict` where it has changed or is gone. */
export async function wantNode(
  sql: Sql,
  { id, expected }: NonNullable<FleetChange['about']>,
): Promise<void> {
  const [row] = await sql.all('SELECT * FROM nodes WHERE id = ?', id);
  wantVersion(row, expected, `nodes[${id}]`);
}

/** What is due at a time, and with nobody. */
const DUE = 'due IS NOT NULL AND due <= ? AND (taken IS NULL OR taken <= ?)';

/**
 * Those that are due, the admitted before all others, longest first, which are then taken until
 * `retryAt`. That is no change of the node: its version stays, and whoever is about to write it
 * has nothing to read again.
 */
export async function takeDue(
  sql: Sql,
  now: number,
  retryAt: number,
  count: number,
): Promise<readonly FleetNode[]> {
  // Two questions, each by the index of what is due: the first passes over those that are not
  // admitted, which are many where many machines are silent.
  const dueWhere = (state: string, most: number) =>
    sql.all(
      `SELECT * FROM nodes WHERE ${DUE} AND ${state} ORDER BY due, id LIMIT ?`,
      ...[now, now, most],
    );
  const admitted = await dueWhere("state = 'admitted'", count);
  const left = count - admitted.length;
  const others = left > 0 ? await dueWhere("state <> 'admitted'", left) : [];
  const rows = [...admitted, ...others];
  const nodes = rows.map(nodeOf);
  for (const row of rows) {
    const { id, taken, sum } = withSum('nodes', { ...row, taken: retryAt });
    await sql.run(
      'UPDATE nodes SET taken = ?, sum = ? WHERE id = ?',
      ...[taken, sum, id].map((value): Value => value ?? null),
    );
  }
  return nodes;
}

/**
 * Whoever has one of them at this moment does not keep it from being looked at again; what was due
 * before is not put off.
 */
export async function lookAtAll(sql: Sql, pool: string | undefined, at: number): Promise<number> {
  if (pool !== undefined && !isStorable(pool)) return 0;
  const rows = await (pool === undefined
    ? sql.all('SELECT * FROM nodes')
    : sql.all('SELECT * FROM nodes WHERE pool = ?', pool));
  for (const row of rows) await setDue(sql, checked('nodes', row), at);
  return rows.length;
}

async function setDue(sql: Sql, row: Row, at: number): Promise<void> {
  const before = row['due'] ?? null;
  const soonest = before === null ? at : Math.min(integerOf(before), at);
  const { id, due, sum } = withSum('nodes', { ...row, due: soonest, taken: null });
  const values = [due, sum, id].map((value): Value => value ?? null);
  await sql.run('UPDATE nodes SET due = ?, taken = NULL, sum = ? WHERE id = ?', ...values);
}

export async function isAnyDue(sql: Sql, now: number): Promise<boolean> {
  const rows = await sql.all(`SELECT id FROM nodes WHERE ${DUE} LIMIT 1`, now, now);
  return rows.length > 0;
}

/** Whoever writes a node and leaves alone when it is due does not take it from who has it. */
function takenAfter(before: Row | undefined, { dueAt }: FleetNode): Value {
  return before?.['due'] === dueAt ? (before?.['taken'] ?? null) : null;
}

function wantVersion(row: Row | undefined, expected: number, at: string): void {
  if (row === undefined) throw new Fault('conflict', at, 'is not there');
  const version = integerOf(checked('nodes', row)['version']);
  if (version === expected) return;
  throw new Fault('conflict', at, `is of version ${version} by now, not ${expected}`);
}

async function wantFree(
  sql: Sql,
  column: 'name' | 'public_key',
  value: string,
  id: string,
): Promise<void> {
  const [other] = await sql.all(`SELECT id FROM nodes WHERE ${column} = ? AND id <> ?`, value, id);
  if (other === undefined) return;
  const at = column === 'name' ? 'nodes.name' : 'nodes.key';
  throw new Fault('conflict', at, `node ${textOf(other['id'])} has it`);
}

async function update(sql: Sql, row: Row): Promise<void> {
  const { id, ...rest } = row;
  const set = Object.keys(rest).map((name) => `${name} = ?`);
  const values = [...Object.values(rest), id].map((value): Value => value ?? null);
  await sql.run(`UPDATE nodes SET ${set.join(', ')} WHERE id = ?`, ...values);
}

function rowOf(node: FleetNode, taken: Value): Row {
  const { dueAt: _, ...document } = node;
  return withSum('nodes', { ...columnsOf(node), taken, doc: JSON.stringify(document) });
}

function columnsOf(node: FleetNode): Row {
  return {
    id: node.id,
    name: node.name,
    public_key: node.key.publicKey,
    pool: node.pool,
    state: node.standing.state,
    due: node.dueAt ?? null,
    ends: endOf(node.standing),
    version: node.version,
  };
}

/** When it ends by itself. */
function endOf(standing: Standing): number | null {
  if (standing.state === 'admitted') return standing.admission.until;
  return standing.state === 'quarantined' ? (standing.until ?? null) : null;
}

function isState(counts: object, state: string): state is NodeState {
  return Object.hasOwn(counts, state);
}
