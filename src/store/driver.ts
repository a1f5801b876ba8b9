import type { StoreFault } from '../ledger/store.ts';

/** What a column can hold, in every database. Integers are safe ones. */
export type Value = string | number | Uint8Array | null;

export type Row = Readonly<Record<string, Value>>;

/** Statements with `?` for each value, in the SQL that both databases speak (see `schema.ts`). */
export interface Sql {
  readonly all: (sql: string, ...values: readonly Value[]) => Promise<readonly Row[]>;
  /** @returns how many rows it changed. */
  readonly run: (sql: string, ...values: readonly Value[]) => Promise<number>;
  /**
   * All rows have the same columns.
   *
   * @throws Fault `conflict` where a row of such a key is there already.
   */
  readonly insert: (table: string, rows: readonly Row[]) => Promise<void>;
  /** Sends word to those who watch, of whatever process, once the transaction is committed. */
  readonly announce: () => Promise<void>;
}

/**
 * One connection to one database. Work is done one piece after another, however much is asked at
 * once, so that nobody's statement ends up in somebody else's transaction.
 *
 * Whatever the database refuses comes as a Fault at `place`: `unreachable` where it may go well
 * another time, `malformed` where the database is damaged, `internal` where the SQL is wrong.
 */
export interface Driver {
  /** The file, or the address without its password. */
  readonly place: string;
  /** Statements without a transaction around them. */
  readonly alone: <T>(work: (sql: Sql) => Promise<T>) => Promise<T>;
  /** All statements see the same moment, and none changes anything. */
  readonly reading: <T>(work: (sql: Sql) => Promise<T>) => Promise<T>;
  /**
   * One transaction, alone among all that write to this database: durable as a whole, or nothing
   * of it.
   *
   * @throws Fault `unreachable` that says so where the connection was lost while committing.
   */
  readonly writing: <T>(work: (sql: Sql) => Promise<T>) => Promise<T>;
  /**
   * Calls back soon after a transaction that announced itself, whoever's it was; may call for
   * nothing. Calls as well once the database is there again after it was not.
   *
   * @param look gives a `number` that is another one after each such transaction.
   * @returns what ends it; closing does as well.
   */
  readonly watch: (look: string, onChange: () => void) => Promise<() => Promise<void>>;
  /** Names of the tables that are there. */
  readonly tables: () => Promise<readonly string[]>;
  /** What the database itself finds wrong with its files, where it can look. */
  readonly ownFaults: () => Promise<readonly StoreFault[]>;
  /** A copy of all of it in one new file. */
  readonly backup: (path: string) => Promise<void>;
  readonly close: () => Promise<void>;
}
