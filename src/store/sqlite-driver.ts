import { resolve } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { Fault } from '../core/fault.ts';
import type { StoreFault } from '../ledger/store.ts';
import type { Driver, Row, Sql, Value } from './driver.ts';
import { copyDatabase } from './sqlite-backup.ts';
import { isDiskError, sqliteFault } from './sqlite-faults.ts';
import { createPrivately } from './sqlite-file.ts';
import { schemaFaults } from './sqlite-schema.ts';
import { Turns } from './turns.ts';
import { Watch } from './watch.ts';

/** Transactions of other processes take milliseconds; one that takes this long hangs. */
const BUSY_MS = 30_000;

/** Between two looks of those who watch; one takes microseconds. */
const LOOK_MS = 100;

/** What a list of values of any length can make of one SQL text. */
const MOST_STATEMENTS = 256;

/** Faults of the file as such that are told before the rest is left unsaid. */
const MOST_FAULTS = 100;

/** One file, by `node:sqlite`: every transaction is on the disk before it is said to be done. */
export class SqliteDriver implements Driver {
  readonly place: string;
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #turns = new Turns();
  readonly #sql: Sql;
  readonly #watches = new Set<Watch>();

  /**
   * @param busyMs how long a statement waits for another process.
   * @throws Fault at the file.
   */
  static open(file: string, busyMs = BUSY_MS): SqliteDriver {
    const path = resolve(file);
    createPrivately(path);
    let db: DatabaseSync | undefined;
    try {
      db = new DatabaseSync(path, { timeout: busyMs });
      setUp(db, path);
      return new SqliteDriver(path, db);
    } catch (error) {
      db?.close();
      throw sqliteFault(error, path);
    }
  }

  private constructor(path: string, db: DatabaseSync) {
    this.place = path;
    this.#db = db;
    this.#sql = {
      all: async (sql, ...values) => this.#try(() => this.#prepared(sql).all(...values) as Row[]),
      run: async (sql, ...values) =>
        this.#try(() => Number(this.#prepared(sql).run(...values).changes)),
      insert: async (table, rows) => this.#try(() => this.#insert(table, rows)),
      // Those who watch look by themselves: SQLite sends word to nobody.
      announce: async () => undefined,
    };
  }

  alone<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return this.#turns.take(() => work(this.#sql));
  }

  reading<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return this.#turns.take(() => this.#transaction('BEGIN DEFERRED', work));
  }

  writing<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    // IMMEDIATE: a transaction that reads first and then finds it may not write would be lost.
    return this.#turns.take(() => this.#transaction('BEGIN IMMEDIATE', work));
  }

  async watch(look: string, onChange: () => void): Promise<() => Promise<void>> {
    const number = async () => {
      const [row] = await this.alone((sql) => sql.all(look));
      return Number(row?.['number'] ?? 0);
    };
    const watch = await Watch.start(number, LOOK_MS, onChange);
    this.#watches.add(watch);
    return async () => {
      watch.stop();
      this.#watches.delete(watch);
    };
  }

  tables(): Promise<readonly string[]> {
    return this.alone(async (sql) => {
      const rows = await sql.all(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
      );
      return rows.map(({ name }) => String(name));
    });
  }

  /** Schema, pages, indexes and references: an index is a copy of values that no sum of a row covers. */
  ownFaults(): Promise<readonly StoreFault[]> {
    return this.alone(async (sql) => {
      const schema = await schemaFaults(sql);
      const pages = await sql.all(`PRAGMA integrity_check(${MOST_FAULTS})`);
      const faults = pages
        .map(({ integrity_check }) => String(integrity_check))
        .filter((problem) => problem !== 'ok')
        .map((problem) => ({ at: this.place, problem }));
      const references = await sql.all(
        // As text: a damaged number may be too large for one.
        `SELECT "table" AS child, CAST(rowid AS TEXT) AS number, parent
         FROM pragma_foreign_key_check LIMIT ${MOST_FAULTS}`,
      );
      for (const { child, number, parent } of references) {
        const problem = `refers to a row of ${parent} that is not there`;
        faults.push({ at: `${child}[${number}]`, problem });
      }
      return [...schema, ...faults];
    });
  }

  backup(path: string): Promise<void> {
    return this.#turns.take(async () => copyDatabase(this.#db, this.place, resolve(path)));
  }

  close(): Promise<void> {
    for (const watch of this.#watches) watch.stop();
    return this.#turns.take(async () => {
      if (this.#db.isOpen) this.#try(() => this.#db.close());
    });
  }

  async #transaction<T>(begin: string, work: (sql: Sql) => Promise<T>): Promise<T> {
    this.#try(() => this.#db.exec(begin));
    try {
      const result = await work(this.#sql);
      this.#commit();
      return result;
    } catch (error) {
      this.#rollBack();
      throw error;
    }
  }

  #commit(): void {
    try {
      this.#db.exec('COMMIT');
    } catch (error) {
      const fault = sqliteFault(error, this.place);
      if (!isDiskError(error)) throw fault;
      const detail = `${fault.detail}; whether it was committed is unknown`;
      throw new Fault(fault.code, fault.at, detail, { cause: error });
    }
  }

  #rollBack(): void {
    try {
      // SQLite has done so itself after some errors.
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
    } catch {
      // What made it roll back is the error worth telling; the next BEGIN tells of this one.
    }
  }

  #insert(table: string, rows: readonly Row[]): void {
    const columns = Object.keys(rows[0] ?? {});
    const marks = columns.map(() => '?').join(', ');
    const sql = `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${marks})`;
    const statement = this.#prepared(sql);
    for (const row of rows) statement.run(...columns.map((name): Value => row[name] ?? null));
  }

  #prepared(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#db.prepare(sql);
    if (this.#statements.size >= MOST_STATEMENTS) this.#statements.clear();
    this.#statements.set(sql, statement);
    return statement;
  }

  #try<T>(act: () => T): T {
    try {
      return act();
    } catch (error) {
      throw sqliteFault(error, this.place);
    }
  }
}

function setUp(db: DatabaseSync, path: string): void {
  const mode = () => db.prepare('PRAGMA journal_mode').get()?.['journal_mode'];
  // Only once in a file's life: another process that opens it at the same moment may be in the way.
  if (mode() !== 'wal') db.exec('PRAGMA journal_mode = WAL');
  if (mode() !== 'wal') {
    throw new Fault('unreachable', path, 'this file system can not keep a write-ahead log');
  }
  db.exec(`
    PRAGMA synchronous = FULL;
    PRAGMA fullfsync = ON;
    PRAGMA checkpoint_fullfsync = ON;
    PRAGMA foreign_keys = ON;
    PRAGMA trusted_schema = OFF;
    PRAGMA secure_delete = ON;
  `);
}
