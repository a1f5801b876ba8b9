import { DatabaseSync } from 'node:sqlite';
import type { StoreFault } from '../ledger/store.ts';
import type { Row, Sql } from './driver.ts';
import { MIGRATIONS, MIGRATIONS_TABLE } from './schema.ts';

const SCHEMA = 'SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name';

/**
 * SQLite keeps the text of each CREATE, and reads its tables by it: a damaged one gives other rows
 * than were stored, or takes rows that it should not. Held against what the migrations make of an
 * empty database.
 */
export async function schemaFaults(sql: Sql): Promise<readonly StoreFault[]> {
  const found = new Set((await sql.all(SCHEMA)).map(textOf));
  const made = new Set(madeSchema().map(textOf));
  return [
    ...[...made.difference(found)].map((text) => fault(text, 'is missing, or not as it was made')),
    ...[...found.difference(made)].map((text) => fault(text, 'is not of this store')),
  ];
}

function madeSchema(): Row[] {
  const db = new DatabaseSync(':memory:');
  try {
    db.exec(MIGRATIONS_TABLE);
    for (const { statements } of MIGRATIONS) for (const statement of statements) db.exec(statement);
    return db.prepare(SCHEMA).all() as Row[];
  } finally {
    db.close();
  }
}

function textOf({ type, name, tbl_name, sql }: Row): string {
  return JSON.stringify([type, name, tbl_name, sql]);
}

function fault(text: string, problem: string): StoreFault {
  const [, name] = JSON.parse(text) as string[];
  return { at: `sqlite_schema[${name}]`, problem };
}
