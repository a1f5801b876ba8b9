import { createHash } from 'node:crypto';
import { Fault } from '../core/fault.ts';
import type { StoreFault } from '../ledger/store.ts';
import type { Driver, Sql } from './driver.ts';
import { checked, integerOf, textOf, withSum } from './row-sum.ts';
import { MIGRATIONS_TABLE, type Migration } from './schema.ts';

/**
 * Brings a database to the newest version, in one transaction. Forward only: there is no way back
 * but a backup.
 *
 * @param first what to do with a database that was empty, in the same transaction.
 * @throws Fault `unsupported` for a database of a newer version, `conflict` for one whose past is
 *   not this list's or whose tables are somebody else's, `malformed` at `migrations[…]`.
 */
export async function migrate(
  driver: Driver,
  migrations: readonly Migration[],
  first: (sql: Sql) => Promise<void>,
): Promise<void> {
  const tables = await driver.tables();
  if (!tables.includes('migrations') && tables.length > 0) {
    const detail = `is a database of something else: it has ${tables.slice(0, 3).join(', ')}`;
    throw new Fault('conflict', driver.place, detail);
  }
  const isMade = tables.length > 0;
  if (
    isMade &&
    (await driver.alone((sql) => missing(sql, driver.place, migrations))).length === 0
  ) {
    return;
  }
  await driver.writing(async (sql) => {
    // Somebody else may have been quicker.
    const before = await ensureTable(sql);
    const steps = before ? await missing(sql, driver.place, migrations) : migrations;
    for (const step of steps) {
      for (const statement of step.statements) await sql.run(statement);
      const row = { version: step.version, digest: migrationDigest(step) };
      await sql.insert('migrations', [withSum('migrations', row)]);
    }
    if (!before) await first(sql);
  });
}

/** @returns whether it was there. */
async function ensureTable(sql: Sql): Promise<boolean> {
  await sql.run(MIGRATIONS_TABLE);
  return (await sql.all('SELECT version FROM migrations LIMIT 1')).length > 0;
}

/** The steps that were not done yet. */
async function missing(
  sql: Sql,
  place: string,
  migrations: readonly Migration[],
): Promise<readonly Migration[]> {
  const done = await sql.all('SELECT * FROM migrations ORDER BY version');
  for (const [i, row] of done.entries()) {
    checked('migrations', row);
    const version = integerOf(row['version']);
    const step = migrations[i];
    if (step === undefined) {
      const detail = `is of version ${version}, newer than this release's ${migrations.length}`;
      throw new Fault('unsupported', place, detail);
    }
    if (version !== step.version || textOf(row['digest']) !== migrationDigest(step)) {
      const detail = 'was done by other statements than this release has for it';
      throw new Fault('conflict', `migrations[${version}]`, detail);
    }
  }
  return migrations.slice(done.length);
}

/** A database that is open was brought to the newest version: no step of the list is without its row. */
export async function migrationFaults(
  sql: Sql,
  migrations: readonly Migration[],
): Promise<StoreFault[]> {
  // As text: a damaged one may be too large for a number.
  const rows = await sql.all('SELECT CAST(version AS TEXT) AS version FROM migrations');
  const done = new Set(rows.map(({ version }) => version));
  return migrations
    .filter(({ version }) => !done.has(`${version}`))
    .map(({ version }) => ({ at: `migrations[${version}]`, problem: 'is missing' }));
}

export function migrationDigest({ statements }: Migration): string {
  return createHash('sha256').update(statements.join(';\n')).digest('hex');
}
