import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'vitest';
import type { GatewayStore } from '../../src/store/gateway-store.ts';
import type { Place } from '../../src/store/messages.ts';
import { openStore, type StoreThread } from '../../src/store/open.ts';
import { ARCHIVE_KEY } from './ledger-batches.ts';
import { giveBack, POSTGRES_URL, query, takeDatabase } from './postgres-databases.ts';

/** An empty database of a test's own. */
export interface Bed {
  readonly place: Place;
  /** A store on it, closed with the bed. */
  open(): Promise<GatewayStore>;
  /** One statement past the store, with no reference held against it. */
  raw(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  close(): Promise<void>;
}

export interface Kind {
  readonly name: string;
  readonly make: () => Promise<Bed>;
}

export const SQLITE: Kind = { name: 'SQLite', make: sqliteBed };

const server = POSTGRES_URL;

export const POSTGRES: Kind | undefined =
  server === undefined ? undefined : { name: 'PostgreSQL', make: () => postgresBed(server) };

const KINDS: readonly Kind[] = POSTGRES === undefined ? [SQLITE] : [SQLITE, POSTGRES];

/** The same tests on every database there is; what is not tested says so. */
export function describeStores(what: string, tests: (kind: Kind) => void): void {
  describe.each(KINDS)(`${what}, on $name`, tests);
  if (POSTGRES_URL === undefined) {
    it.skip(`${what}, on PostgreSQL: NOT TESTED, as POSTERN_TEST_POSTGRES names no server`);
  }
}

export async function withBed<T>(kind: Kind, act: (bed: Bed) => Promise<T>): Promise<T> {
  const bed = await kind.make();
  try {
    return await act(bed);
  } finally {
    await bed.close();
  }
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'postern-store-'));
}

async function sqliteBed(): Promise<Bed> {
  const folder = temporaryFolder();
  const file = join(folder, 'ledger.db');
  return bedOf(
    { file, thread: 'own' },
    async (sql) => {
      const db = new DatabaseSync(file, { enableForeignKeyConstraints: false, timeout: 10_000 });
      try {
        return db.prepare(sql).all();
      } finally {
        db.close();
      }
    },
    async () => rmSync(folder, { recursive: true, force: true }),
  );
}

async function postgresBed(server: string): Promise<Bed> {
  const database = await takeDatabase(server);
  const url = database.href;
  return bedOf(
    // Nobody who waits for a server keeps this thread: what crosses threads is tested on SQLite.
    { url, thread: 'this' },
    (sql) =>
      query(url, sql, "SET session_replication_role = 'replica'; SET search_path TO postern"),
    () => giveBack(database),
  );
}

function bedOf(
  { thread, ...place }: Place & { readonly thread: StoreThread },
  raw: Bed['raw'],
  drop: () => Promise<void>,
): Bed {
  const stores: GatewayStore[] = [];
  return {
    place,
    raw,
    async open() {
      const store = await openStore({ ...place, archiveKey: ARCHIVE_KEY, thread });
      stores.push(store);
      return store;
    },
    async close() {
      await Promise.all(stores.map((store) => store.close()));
      await drop();
    },
  };
}
