import { equalBytes } from '../core/bytes/equal.ts';
import type { StoreFault } from '../ledger/store.ts';
import { leafHash } from '../ledger/tree/hash.ts';
import { keyFault } from './archive.ts';
import { columnsOf, SUMMED, type SummedTable } from './columns.ts';
import type { Row, Sql, Value } from './driver.ts';
import { documentFaults, fleetFaults, hardwareFaults } from './fleet/fleet-faults.ts';
import { bytesOf, NOT_AS_SUMMED, placeOf, rowSum, textOf, usesSum } from './row-sum.ts';
import { MIGRATIONS } from './schema.ts';
import { tileFaults } from './tile-faults.ts';

/** Rows in memory at once; a sealed blob can be large. */
const PAGE = 256;
const PAGE_OF_BLOBS = 8;

/** They have a row as soon as they are there, and nothing else says that it is missing. */
const NEVER_EMPTY: ReadonlySet<SummedTable> = new Set(['lease']);

/** Every row of every table against its own sum, and against what other rows say of it. */
export async function rowFaults(sql: Sql): Promise<readonly StoreFault[]> {
  const faults: StoreFault[] = [];
  for (const table of Object.keys(SUMMED) as SummedTable[]) {
    let count = 0;
    for await (const rows of pages(sql, table)) {
      count += rows.length;
      for (const row of rows) {
        if (row['sum'] !== rowSum(table, row)) {
          faults.push({ at: placeOf(table, row), problem: NOT_AS_SUMMED });
        } else faults.push(...documentFaults(table, row));
        if (table === 'leaves') faults.push(...hashFaults(row));
      }
      if (table === 'records') faults.push(...(await useFaults(sql, rows)));
      if (table === 'nodes') faults.push(...(await hardwareFaults(sql, rows)));
    }
    if (count === 0 && NEVER_EMPTY.has(table)) faults.push({ at: table, problem: 'is empty' });
  }
  const lostKey = await keyFault(sql);
  if (lostKey !== undefined) faults.push(lostKey);
  const lost = await sql.all(
    'SELECT DISTINCT CAST(record AS TEXT) AS record FROM uses WHERE record NOT IN (SELECT idx FROM records)',
  );
  for (const { record } of lost) {
    faults.push({ at: `uses[${record}]`, problem: 'is of no record that is there' });
  }
  faults.push(...(await versionFaults(sql)), ...(await lengthFaults(sql)));
  return [...faults, ...(await tileFaults(sql)), ...(await fleetFaults(sql))];
}

/**
 * Rows in the order of their keys. Integers come as text, as which they are summed: a damaged one
 * may be too large for a number.
 */
async function* pages(sql: Sql, table: SummedTable): AsyncGenerator<readonly Row[]> {
  const { key, summed } = columnsOf(table);
  const columns = Object.entries(summed).map(([name, kind]) =>
    kind === 'integer' ? `CAST(${name} AS TEXT) AS ${name}` : name,
  );
  const size = table === 'blobs' ? PAGE_OF_BLOBS : PAGE;
  const order = key.map((name) => `${table}.${name}`).join(', ');
  let offset: readonly Value[] | undefined;
  for (;;) {
    const marks = key.map((name) => (summed[name] === 'integer' ? 'CAST(? AS INTEGER)' : '?'));
    const after = offset === undefined ? '' : `WHERE (${order}) > (${marks.join(', ')})`;
    const rows = await sql.all(
      `SELECT ${columns.join(', ')}, sum FROM ${table} ${after} ORDER BY ${order} LIMIT ${size}`,
      ...(offset ?? []),
    );
    if (rows.length > 0) yield rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < size) return;
    offset = key.map((name) => last[name] ?? null);
  }
}

function hashFaults(row: Row): StoreFault[] {
  const hash = leafHash(bytesOf(row['entry']));
  if (equalBytes(hash, bytesOf(row['hash']))) return [];
  return [{ at: `leaves[${row['idx']}].hash`, problem: 'is not the hash of its entry' }];
}

async function useFaults(sql: Sql, records: readonly Row[]): Promise<StoreFault[]> {
  const rows = await sql.all(
    `SELECT CAST(u.record AS TEXT) AS record, b.digest AS digest
     FROM uses u LEFT JOIN blobs b ON b.id = u.blob
     WHERE u.record >= CAST(? AS INTEGER) AND u.record <= CAST(? AS INTEGER)`,
    ...[records[0]?.['idx'] ?? null, records.at(-1)?.['idx'] ?? null],
  );
  const uses = Map.groupBy(rows, ({ record }) => record);
  return records
    .filter((row) => {
      const digests = (uses.get(textOf(row['idx'])) ?? []).map(({ digest }) => `${digest}`);
      return usesSum(digests) !== row['uses_sum'];
    })
    .map((row) => ({
      at: `uses[${row['idx']}]`,
      problem: 'are not the blobs that the record was stored with',
    }));
}

/** A store that is open has come through every version. */
async function versionFaults(sql: Sql): Promise<StoreFault[]> {
  const rows = await sql.all('SELECT CAST(version AS TEXT) AS version FROM migrations');
  const done = new Set(rows.map(({ version }) => version));
  return MIGRATIONS.filter(({ version }) => !done.has(`${version}`)).map(({ version }) => ({
    at: `migrations[${version}]`,
    problem: 'is missing',
  }));
}

/** The log has as many leaves as the last checkpoint says, from 0 on. */
async function lengthFaults(sql: Sql): Promise<StoreFault[]> {
  const [row] = await sql.all(`SELECT
    CAST((SELECT count(*) FROM leaves) AS TEXT) AS leaves,
    CAST((SELECT max(idx) + 1 FROM leaves) AS TEXT) AS length,
    CAST((SELECT max(size) FROM checkpoints) AS TEXT) AS size`);
  const { leaves = '0', length, size } = row ?? {};
  const faults: StoreFault[] = [];
  if ((length ?? '0') !== leaves) {
    faults.push({ at: 'leaves', problem: `has ${leaves}, numbered up to ${length}` });
  }
  if ((size ?? '0') !== leaves) {
    faults.push({ at: 'checkpoints', problem: `the last is of ${size} leaves, not ${leaves}` });
  }
  return faults;
}
