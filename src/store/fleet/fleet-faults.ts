import { Fault } from '../../core/fault.ts';
import type { StoreFault } from '../../ledger/store.ts';
import { unmeteredOf } from '../broker/unmetered.ts';
import { usageOf } from '../broker/usage.ts';
import { columnsOf, type SummedTable } from '../columns.ts';
import type { Row, Sql } from '../driver.ts';
import { credentialOf } from '../identity/credentials.ts';
import { allIn } from '../many.ts';
import { textOf } from '../row-sum.ts';
import { eventOf } from './events.ts';
import { nodeOf } from './nodes.ts';
import { poolPolicyOf } from './pool-policies.ts';

/** Of tables whose rows hold more than their columns: each throws where that is not to be read. */
const READERS: Partial<Readonly<Record<SummedTable, (row: Row) => unknown>>> = {
  nodes: nodeOf,
  events: eventOf,
  pool_policies: poolPolicyOf,
  credentials: credentialOf,
  usage: usageOf,
  unmetered: unmeteredOf,
};

/** @param row as its sum says, with integers as text: all of them are safe ones. */
export function documentFaults(table: SummedTable, row: Row): StoreFault[] {
  const read = READERS[table];
  if (read === undefined) return [];
  try {
    read(withNumbers(table, row));
    return [];
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'malformed') throw error;
    return [{ at: error.at, problem: error.detail }];
  }
}

/** What the documents of these nodes name is theirs, and nothing else is. */
export async function hardwareFaults(sql: Sql, nodes: readonly Row[]): Promise<StoreFault[]> {
  const ids = nodes.map(({ id }) => textOf(id));
  const rows = await allIn(sql, 'SELECT name, node FROM hardware WHERE node IN', ids);
  const owned = Map.groupBy(rows, ({ node }) => node);
  return nodes.flatMap((row) => {
    const names = (owned.get(row['id'] ?? null) ?? []).map(({ name }) => textOf(name));
    const differs = new Set(names).symmetricDifference(new Set(namedIn(row)));
    return [...differs].map((name) => ({
      at: `hardware[${name}]`,
      problem: `is not what the document of node ${row['id']} says`,
    }));
  });
}

/** Rows that speak of rows that are not there, and events that are missing between others. */
export async function fleetFaults(sql: Sql): Promise<StoreFault[]> {
  const lost = await sql.all(
    'SELECT name, node FROM hardware WHERE node NOT IN (SELECT id FROM nodes)',
  );
  const orphaned = await sql.all(
    'SELECT id, node FROM decisions WHERE node NOT IN (SELECT id FROM nodes)',
  );
  const faults = [
    ...lost.map(({ name, node }) => ({
      at: `hardware[${name}]`,
      problem: `is of node ${node}, which is not there`,
    })),
    ...orphaned.map(({ id, node }) => ({
      at: `decisions[${id}]`,
      problem: `is about node ${node}, which is not there`,
    })),
  ];
  const [row] = await sql.all(`SELECT
    CAST(count(*) AS TEXT) AS count,
    CAST(max(seq) - min(seq) + 1 AS TEXT) AS length
    FROM events`);
  const { count = '0', length } = row ?? {};
  if ((length ?? '0') !== count) {
    faults.push({ at: 'events', problem: `has ${count}, numbered over ${length}` });
  }
  return faults;
}

/** Nothing of a document that can't be read: that is a fault of its own. */
function namedIn(row: Row): readonly string[] {
  try {
    return nodeOf(withNumbers('nodes', row)).hardware;
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'malformed') throw error;
    return [];
  }
}

function withNumbers(table: SummedTable, row: Row): Row {
  const { summed } = columnsOf(table);
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) =>
      summed[name] === 'integer' && value !== null ? [name, Number(value)] : [name, value],
    ),
  );
}
