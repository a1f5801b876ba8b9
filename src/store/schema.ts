/** One step of the schema. Its statements are never edited once they were released: add another. */
export interface Migration {
  readonly version: number;
  readonly statements: readonly string[];
}

/**
 * SQL that both databases take: SQLite as it stands, PostgreSQL with BIGINT for INTEGER, BYTEA for
 * BLOB, and without STRICT.
 */
export const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    statements: [
      // Facts about the store itself, such as which archive key it was made with.
      `CREATE TABLE meta (
        name TEXT PRIMARY KEY NOT NULL,
        value TEXT NOT NULL,
        sum TEXT NOT NULL
      ) STRICT`,
      // One row. No holder: nobody has it.
      `CREATE TABLE lease (
        id INTEGER PRIMARY KEY NOT NULL,
        holder TEXT,
        token INTEGER NOT NULL,
        beat INTEGER NOT NULL,
        wanted INTEGER NOT NULL,
        sum TEXT NOT NULL
      ) STRICT`,
      `CREATE TABLE leaves (
        idx INTEGER PRIMARY KEY NOT NULL,
        id TEXT NOT NULL UNIQUE,
        entry BLOB NOT NULL,
        hash BLOB NOT NULL,
        sum TEXT NOT NULL
      ) STRICT`,
      `CREATE TABLE tiles (
        level INTEGER NOT NULL,
        idx INTEGER NOT NULL,
        hashes BLOB NOT NULL,
        sum TEXT NOT NULL,
        PRIMARY KEY (level, idx)
      ) STRICT`,
      // Every state that was ever signed; the largest is the head.
      `CREATE TABLE checkpoints (
        size INTEGER PRIMARY KEY NOT NULL,
        root BLOB NOT NULL,
        note BLOB NOT NULL,
        sum TEXT NOT NULL
      ) STRICT`,
      `CREATE TABLE cosignatures (
        size INTEGER NOT NULL REFERENCES checkpoints (size),
        nth INTEGER NOT NULL,
        line TEXT NOT NULL,
        sum TEXT NOT NULL,
        PRIMARY KEY (size, nth)
      ) STRICT`,
      `CREATE TABLE blobs (
        id INTEGER PRIMARY KEY NOT NULL,
        digest TEXT NOT NULL UNIQUE,
        sealed BLOB NOT NULL,
        sum TEXT NOT NULL
      ) STRICT`,
      // `moment` is its time in milliseconds; `uses_sum` covers its rows of `uses`.
      `CREATE TABLE records (
        idx INTEGER PRIMARY KEY NOT NULL REFERENCES leaves (idx),
        moment INTEGER NOT NULL,
        manifest TEXT NOT NULL,
        uses_sum TEXT NOT NULL,
        forgotten INTEGER,
        reason TEXT,
        sum TEXT NOT NULL
      ) STRICT`,
      'CREATE INDEX records_by_moment ON records (moment) WHERE forgotten IS NULL',
      `CREATE TABLE uses (
        record INTEGER NOT NULL REFERENCES records (idx),
        blob INTEGER NOT NULL REFERENCES blobs (id),
        PRIMARY KEY (record, blob)
      ) STRICT`,
      'CREATE INDEX uses_by_blob ON uses (blob)',
    ],
  },
];

/** Made before the first migration, and by none. */
export const MIGRATIONS_TABLE = `CREATE TABLE IF NOT EXISTS migrations (
  version INTEGER PRIMARY KEY NOT NULL,
  digest TEXT NOT NULL,
  sum TEXT NOT NULL
) STRICT`;
