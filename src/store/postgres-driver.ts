import type { Client } from 'pg';
import { Fault } from '../core/fault.ts';
import type { StoreFault } from '../ledger/store.ts';
import type { Driver, Row, Sql, Value } from './driver.ts';
import { leave, newClient, SCHEMA } from './postgres-client.ts';
import { CHANNEL, PostgresEar } from './postgres-ear.ts';
import { isLost, postgresFault } from './postgres-faults.ts';
import { insertOf, rowsAtOnce, toPostgres } from './postgres-sql.ts';
import { Turns } from './turns.ts';

/** Of the advisory lock that all who write to the schema take first: `postern` in ASCII. */
const WRITERS = '31647905577030254';

const LOCK_MS = 30_000;
/** A writer whose machine is gone must not hold up the others: the server ends its transaction. */
const IDLE_MS = 30_000;

/** Statements that the server keeps prepared; others are parsed each time. */
const MOST_PREPARED = 128;

/**
 * One connection to PostgreSQL, made again by the next call after it was lost. All is kept in the
 * schema `postern`.
 */
export class PostgresDriver implements Driver {
  readonly place: string;
  readonly #url: string;
  readonly #turns = new Turns();
  readonly #statements = new Map<string, { readonly text: string; readonly name: string }>();
  readonly #ears = new Set<PostgresEar>();
  #client: Client | undefined;
  #isClosed = false;

  /** @param place the address as it may be shown. @throws Fault at it. */
  static async open(url: string, place: string): Promise<PostgresDriver> {
    const driver = new PostgresDriver(url, place);
    const found = await driver.alone((sql) =>
      sql.all('SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = ?', SCHEMA),
    );
    if (found.length === 0) {
      await driver.writing((sql) => sql.run(`CREATE SCHEMA IF NOT EXISTS ${SCHEMA}`));
    }
    return driver;
  }

  private constructor(url: string, place: string) {
    this.#url = url;
    this.place = place;
  }

  alone<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return this.#turns.take(async () => work(this.#sqlOf(await this.#connected())));
  }

  reading<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return this.#transaction('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', work);
  }

  writing<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    // Under this lock nothing that a writer has read changes before it commits.
    const begin = `BEGIN ISOLATION LEVEL READ COMMITTED; ${durably('transaction')};
      SELECT pg_advisory_xact_lock(${WRITERS})`;
    return this.#transaction(begin, work);
  }

  async watch(look: string, onChange: () => void): Promise<() => Promise<void>> {
    if (this.#isClosed) throw new Fault('unreachable', this.place, 'is closed');
    const ear = new PostgresEar(this.#url, toPostgres(look), onChange);
    this.#ears.add(ear);
    const stop = async () => {
      ear.stop();
      this.#ears.delete(ear);
    };
    try {
      await ear.listen();
      return stop;
    } catch (error) {
      await stop();
      throw postgresFault(error, this.place);
    }
  }

  tables(): Promise<readonly string[]> {
    return this.alone(async (sql) => {
      const rows = await sql.all(
        'SELECT CAST(tablename AS TEXT) AS name FROM pg_catalog.pg_tables WHERE schemaname = ?',
        SCHEMA,
      );
      return rows.map(({ name }) => String(name));
    });
  }

  /** The server checks pages itself where it was set up to (`initdb --data-checksums`). */
  async ownFaults(): Promise<readonly StoreFault[]> {
    return [];
  }

  async backup(): Promise<void> {
    const detail = 'a PostgreSQL database is backed up by its own tools: use pg_dump';
    throw new Fault('usage', this.place, detail);
  }

  close(): Promise<void> {
    this.#isClosed = true;
    for (const ear of this.#ears) ear.stop();
    return this.#turns.take(async () => {
      const client = this.#client;
      this.#client = undefined;
      if (client) await leave(client);
    });
  }

  #transaction<T>(begin: string, work: (sql: Sql) => Promise<T>): Promise<T> {
    return this.#turns.take(async () => {
      const client = await this.#connected();
      try {
        await this.#query(client, begin);
        const result = await work(this.#sqlOf(client));
        await this.#commit(client);
        return result;
      } catch (error) {
        await this.#rollBack(client);
        throw error;
      }
    });
  }

  async #commit(client: Client): Promise<void> {
    let command: string;
    try {
      ({ command } = await client.query('COMMIT'));
    } catch (error) {
      const fault = this.#lose(client, error);
      if (!isLost(error)) throw fault;
      const detail = `${fault.detail}; whether it was committed is unknown`;
      throw new Fault(fault.code, fault.at, detail, { cause: error });
    }
    // A transaction that has failed is rolled back by COMMIT, which calls that no error.
    if (command !== 'COMMIT') throw new Fault('internal', this.place, 'did not commit');
  }

  async #rollBack(client: Client): Promise<void> {
    // A connection that was lost has taken its transaction along.
    if (client !== this.#client) return;
    await client.query('ROLLBACK').catch(() => this.#drop(client));
  }

  #sqlOf(client: Client): Sql {
    const ask = async (sql: string, values: readonly Value[]) => {
      return this.#query(client, { ...this.#prepared(sql), values: [...values] });
    };
    return {
      all: async (sql, ...values) => (await ask(sql, values)).rows,
      run: async (sql, ...values) => (await ask(sql, values)).rowCount ?? 0,
      insert: async (table, rows) => {
        const columns = Object.keys(rows[0] ?? {});
        const step = rowsAtOnce(columns.length);
        for (let from = 0; from < rows.length; from += step) {
          const some = rows.slice(from, from + step);
          const values = some.flatMap((row) => columns.map((name) => row[name] ?? null));
          await ask(insertOf(table, columns, some.length), values);
        }
      },
      announce: async () => {
        await ask(`NOTIFY ${CHANNEL}`, []);
      },
    };
  }

  async #query(client: Client, query: string | { text: string; values: Value[]; name?: string }) {
    try {
      return await client.query<Row>(query);
    } catch (error) {
      throw this.#lose(client, error);
    }
  }

  async #connected(): Promise<Client> {
    if (this.#isClosed) throw new Fault('unreachable', this.place, 'is closed');
    if (this.#client !== undefined) return this.#client;
    let client: Client | undefined;
    try {
      client = newClient(this.#url);
      const made = client;
      client.on('error', () => this.#drop(made));
      await client.connect();
      await client.query(SESSION);
      await this.#wantDurable(client);
      this.#client = client;
      return client;
    } catch (error) {
      if (client) void leave(client);
      throw postgresFault(error, this.place);
    }
  }

  /** @throws Fault `usage` for a server that a power cut may leave with half of what it confirmed. */
  async #wantDurable(client: Client): Promise<void> {
    const names = Object.keys(NEEDED).map((name) => `current_setting('${name}') AS ${name}`);
    const { rows } = await client.query<Row>(`SELECT ${names.join(', ')}`);
    for (const [name, why] of Object.entries(NEEDED)) {
      if (rows[0]?.[name] === 'on') continue;
      throw new Fault('usage', this.place, `runs with ${name} = ${rows[0]?.[name]}: ${why}`);
    }
  }

  #lose(client: Client, error: unknown): Fault {
    if (isLost(error)) this.#drop(client);
    return postgresFault(error, this.place);
  }

  /** The next call connects anew. */
  #drop(client: Client): void {
    if (client === this.#client) this.#client = undefined;
    void leave(client);
  }

  /** Texts that come again and again are parsed and planned once a connection. */
  #prepared(sql: string): { readonly text: string; readonly name?: string } {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const text = toPostgres(sql);
    if (this.#statements.size >= MOST_PREPARED) return { text };
    const statement = { text, name: `postern-${this.#statements.size}` };
    this.#statements.set(sql, statement);
    return statement;
  }
}

/** Settings that must be on, and what is lost without each. */
const NEEDED: Readonly<Record<string, string>> = {
  fsync: 'what it confirms is not on the disk, and a power cut can lose or damage all of it',
  full_page_writes: 'a power cut in the midst of writing a page can damage it for good',
};

/**
 * Durable whatever the server's default is: a server that waits for its standbys to have applied
 * a transaction does more than that already. In each transaction again: behind a pooler, it may run
 * in another session than the one that was set up.
 */
function durably(scope: 'session' | 'transaction'): string {
  return `SELECT set_config('synchronous_commit', CASE current_setting('synchronous_commit')
    WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, ${scope === 'transaction'})`;
}

const SESSION = `
  ${durably('session')};
  SET lock_timeout = ${LOCK_MS};
  SET idle_in_transaction_session_timeout = ${IDLE_MS};
  SET search_path TO ${SCHEMA}`;
