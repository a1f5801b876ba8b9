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
  {
    version: 2,
    statements: [
      // `doc` is the node as JSON, all but when it is due; the columns beside say parts of it again,
      // to be asked for. `taken`: until when it is with somebody; `ends`: when its standing ends by
      // itself.
      `CREATE TABLE nodes (
        id TEXT PRIMARY KEY NOT NULL,
        name TEXT NOT NULL UNIQUE,
        public_key TEXT NOT NULL UNIQUE,
        pool TEXT NOT NULL,
        state TEXT NOT NULL,
        due INTEGER,
        taken INTEGER,
        ends INTEGER,
        version INTEGER NOT NULL,
        doc TEXT NOT NULL,
        sum TEXT NOT NULL
      ) STRICT`,
      'CREATE INDEX nodes_by_due ON nodes (due, id) WHERE due IS NOT NULL',
      'CREATE INDEX nodes_by_pool ON nodes (pool, id)',
      'CREATE INDEX nodes_by_state ON nodes (state, id)',
      `CREATE TABLE hardware (
        name TEXT PRIMARY KEY NOT NULL,
        node TEXT NOT NULL REFERENCES nodes (id),
        sum TEXT NOT NULL
      ) STRICT`,
      'CREATE INDEX hardware_by_node ON hardware (node)',
      // SHA-256 of what was used up, and when it would have ended by itself.
      `CREATE TABLE spent (
        digest TEXT PRIMARY KEY NOT NULL,
        until INTEGER NOT NULL,
        sum TEXT NOT NULL
      ) STRICT`,
      'CREATE INDEX spent_by_until ON spent (until)',
      `CREATE TABLE events (
        seq INTEGER PRIMARY KEY NOT NULL,
        moment INTEGER NOT NULL,
        type TEXT NOT NULL,
        node TEXT,
        data TEXT NOT NULL,
        sum TEXT NOT NULL
      ) STRICT`,
      'CREATE INDEX events_by_type ON events (type, seq)',
      // `revocations` is a JSON array of base64; `pending`: the revision that waits, as JSON.
      `CREATE TABLE pool_policies (
        pool TEXT PRIMARY KEY NOT NULL,
        name TEXT NOT NULL,
        revision INTEGER NOT NULL,
        digest TEXT NOT NULL,
        file BLOB NOT NULL,
        revocations TEXT NOT NULL,
        activated INTEGER NOT NULL,
        pending TEXT,
        sum TEXT NOT NULL
      ) STRICT`,
      // Which node a decision was about; `nth` counts those of a node.
      `CREATE TABLE decisions (
        id TEXT PRIMARY KEY NOT NULL,
        node TEXT NOT NULL REFERENCES nodes (id),
        nth INTEGER NOT NULL,
        sum TEXT NOT NULL
      ) STRICT`,
      'CREATE UNIQUE INDEX decisions_by_node ON decisions (node, nth)',
      `CREATE TABLE challenge_keys (
        id TEXT PRIMARY KEY NOT NULL,
        sealed BLOB NOT NULL,
        made INTEGER NOT NULL,
        sum TEXT NOT NULL
      ) STRICT`,
      // `proof` is a public key or the digest of an API key, each behind the word for it.
      `CREATE TABLE credentials (
        id TEXT PRIMARY KEY NOT NULL,
        name TEXT NOT NULL,
        proof TEXT NOT NULL,
        created INTEGER NOT NULL,
        revoked INTEGER,
        doc TEXT NOT NULL,
        sum TEXT NOT NULL
      ) STRICT`,
      'CREATE UNIQUE INDEX credentials_by_name ON credentials (name) WHERE revoked IS NULL',
      'CREATE UNIQUE INDEX credentials_by_proof ON credentials (proof) WHERE revoked IS NULL',
    ],
  },
  {
    version: 3,
    statements: [
      // Usage statements that agents signed; `nth`: the place in the account's chain under a keyset.
      `CREATE TABLE usage (
        seq INTEGER PRIMARY KEY NOT NULL,
        moment INTEGER NOT NULL,
        node TEXT NOT NULL,
        account TEXT NOT NULL,
        keyset TEXT NOT NULL,
        session TEXT NOT NULL,
        nth INTEGER NOT NULL,
        prev TEXT,
        tokens INTEGER NOT NULL,
        statement TEXT NOT NULL,
        sum TEXT NOT NULL
      ) STRICT`,
      'CREATE UNIQUE INDEX usage_by_place ON usage (keyset, account, nth)',
      // Under another keyset a session of the same id is another one: whoever seals chooses it.
      'CREATE UNIQUE INDEX usage_by_session ON usage (session, keyset)',
      'CREATE INDEX usage_by_account ON usage (account, seq)',
      'CREATE INDEX usage_by_moment ON usage (account, moment)',
      // Sessions that are relayed or were, and of which no statement came.
      `CREATE TABLE unmetered (
        session TEXT NOT NULL,
        node TEXT NOT NULL,
        account TEXT NOT NULL,
        keyset TEXT NOT NULL,
        moment INTEGER NOT NULL,
        sum TEXT NOT NULL,
        PRIMARY KEY (session, node)
      ) STRICT`,
      'CREATE INDEX unmetered_by_moment ON unmetered (moment)',
    ],
  },
];

/** Made before the first migration, and by none. */
export const MIGRATIONS_TABLE = `CREATE TABLE IF NOT EXISTS migrations (
  version INTEGER PRIMARY KEY NOT NULL,
  digest TEXT NOT NULL,
  sum TEXT NOT NULL
) STRICT`;
