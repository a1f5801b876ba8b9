import { randomBytes } from 'node:crypto';
import { Client } from 'pg';

/** The server whose databases tests make and drop, e.g. `postgres://postgres@127.0.0.1:5432/postgres`. */
export const POSTGRES_URL = process.env['POSTERN_TEST_POSTGRES'];

/** What the names of a run's databases begin with; see {@link setup}. */
const RUN = 'VITEST_POSTERN_DATABASES';

/** Databases of this process that no test has now. */
const idle: URL[] = [];

/** An empty database: a used one emptied, which costs a server less than another one. */
export async function takeDatabase(server: string): Promise<URL> {
  const known = idle.pop();
  if (known !== undefined) return known;
  const name = `${process.env[RUN]}_${randomBytes(6).toString('hex')}`;
  await query(server, `CREATE DATABASE ${name}`);
  return Object.assign(new URL(server), { pathname: `/${name}` });
}

/** Whoever is connected to it is so no more, and nothing is left of what it held or was set to. */
export async function giveBack(database: URL): Promise<void> {
  await query(
    database.href,
    `SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()`,
  );
  await query(
    database.href,
    `DROP SCHEMA IF EXISTS postern CASCADE;
     DROP SCHEMA public CASCADE;
     CREATE SCHEMA public;
     ALTER DATABASE ${database.pathname.slice(1)} RESET ALL`,
    'SET default_transaction_read_only = off',
  );
  idle.push(database);
}

/** One statement, or several of one transaction. */
export async function query(url: string, sql: string, before = 'SELECT 1') {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(before);
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Before the workers of a run start (`globalSetup`). @returns what drops its databases after them. */
export function setup(): () => Promise<void> {
  const run = `postern_test_${randomBytes(6).toString('hex')}`;
  process.env[RUN] = run;
  return async () => {
    if (POSTGRES_URL === undefined) return;
    const found = await query(
      POSTGRES_URL,
      `SELECT datname FROM pg_database WHERE starts_with(datname, '${run}')`,
    );
    for (const { datname } of found) {
      await query(POSTGRES_URL, `DROP DATABASE ${datname} WITH (FORCE)`);
    }
  };
}
