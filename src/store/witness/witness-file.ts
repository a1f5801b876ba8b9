import { existsSync } from 'node:fs';
import { sha256 } from '#crypto';
import { toHex } from '../../core/bytes/hex.ts';
import { utf8 } from '../../core/bytes/text.ts';
import { Fault, malformed } from '../../core/fault.ts';
import type { Witnessed, WitnessStore } from '../../ledger/witness/witness.ts';
import type { Row, Sql } from '../driver.ts';
import { SqliteDriver } from '../sqlite-driver.ts';

/** Sizes go up to 2^64 - 1, further than a column of SQLite. */
const TABLE = `CREATE TABLE IF NOT EXISTS witnessed (
  origin TEXT PRIMARY KEY,
  size TEXT NOT NULL,
  root BLOB NOT NULL,
  note BLOB NOT NULL,
  sum TEXT NOT NULL
) STRICT`;

/** What a witness cosigned last of each log, in one file of SQLite. */
export class WitnessFile implements WitnessStore {
  readonly #driver: SqliteDriver;

  private constructor(driver: SqliteDriver) {
    this.#driver = driver;
  }

  /** Makes it, for keys that have cosigned nothing; one that is there stays. @throws Fault at the file. */
  static async make(file: string): Promise<WitnessFile> {
    return WitnessFile.#opened(file, (driver) => driver.writing((sql) => sql.run(TABLE)));
  }

  /**
   * Never makes it: that would forget what was cosigned.
   *
   * @throws Fault at the file, `unreachable` where there is none; `malformed` at a row that is not
   *   as it was stored.
   */
  static async open(file: string): Promise<WitnessFile> {
    if (!existsSync(file)) {
      const detail =
        'is not there: a witness that forgot what it cosigned must not go on under this key';
      throw new Fault('unreachable', file, detail);
    }
    return WitnessFile.#opened(file, async () => undefined);
  }

  static async #opened(
    file: string,
    first: (driver: SqliteDriver) => Promise<unknown>,
  ): Promise<WitnessFile> {
    const driver = SqliteDriver.open(file);
    try {
      await first(driver);
      await wantWhole(driver);
      return new WitnessFile(driver);
    } catch (error) {
      await driver.close();
      throw error;
    }
  }

  last(origin: string): Promise<Witnessed | undefined> {
    return this.#driver.alone((sql) => lastOf(sql, origin));
  }

  advance(origin: string, from: bigint, to: Witnessed): Promise<boolean> {
    return this.#driver.writing(async (sql) => {
      const last = await lastOf(sql, origin);
      if ((last?.size ?? 0n) !== from) return false;
      const row = { origin, size: String(to.size), root: to.root, note: to.note };
      const sum = sumOf(row);
      if (last === undefined) await sql.insert('witnessed', [{ ...row, sum }]);
      else {
        await sql.run(
          'UPDATE witnessed SET size = ?, root = ?, note = ?, sum = ? WHERE origin = ?',
          ...[row.size, row.root, row.note, sum, origin],
        );
      }
      return true;
    });
  }

  close(): Promise<void> {
    return this.#driver.close();
  }
}

/** Also what nobody asks for by its name: a row whose name was damaged is one that was lost. */
async function wantWhole(driver: SqliteDriver): Promise<void> {
  await driver.alone(async (sql) => {
    for (const row of await sql.all('SELECT * FROM witnessed')) witnessedOf(row);
    for (const { integrity_check } of await sql.all('PRAGMA integrity_check(1)')) {
      if (integrity_check !== 'ok') throw malformed(driver.place, String(integrity_check));
    }
  });
}

async function lastOf(sql: Sql, origin: string): Promise<Witnessed | undefined> {
  const [row] = await sql.all('SELECT * FROM witnessed WHERE origin = ?', origin);
  return row && witnessedOf(row);
}

/** @throws Fault `malformed` for a row that is damaged: a witness that is not sure says nothing. */
function witnessedOf({ origin = null, size, root, note, sum }: Row): Witnessed {
  const at = `witnessed[${origin}]`;
  if (typeof size !== 'string' || !(root instanceof Uint8Array) || !(note instanceof Uint8Array)) {
    throw malformed(at, 'is not what was stored');
  }
  if (sum !== sumOf({ origin, size, root, note })) throw malformed(at, 'is not what was stored');
  return { size: BigInt(size), root, note };
}

function sumOf({ origin, size, root, note }: Row): string {
  const text = `witnessed\n${origin}\n${size}\n${toHex(root as Uint8Array)}\n${toHex(note as Uint8Array)}\n`;
  return toHex(sha256(utf8(text)));
}
