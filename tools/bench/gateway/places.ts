import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import type { StoreOptions } from '../../../src/store/open.ts';
import type { Scratch } from '../ledger/scratch.ts';

export function fileOf(scratch: Scratch, name: string): StoreOptions {
  return { file: scratch.path(`${name}.sqlite`) };
}

/** A database of its own, dropped when the bench is over. */
export async function databaseOn(scratch: Scratch, server: string): Promise<StoreOptions> {
  const name = `postern_bench_${randomBytes(6).toString('hex')}`;
  await query(server, `CREATE DATABASE ${name}`);
  scratch.onEnd(() => query(server, `DROP DATABASE ${name} WITH (FORCE)`));
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href };
}

async function query(server: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
