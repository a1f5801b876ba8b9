import { randomBytes } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { TILE_WIDTH } from '../../../src/ledger/tiles/tile.ts';
import { HASH_SIZE } from '../../../src/ledger/tree/hash.ts';
import { newId } from './new-id.ts';

/** Rows that are ready to be written; plain data. */
export interface BareRows {
  /** A database with the store's tables. */
  readonly file: string;
  /** Leaves in one transaction. */
  readonly group: number;
  readonly entry: Uint8Array;
  readonly root: Uint8Array;
  readonly note: Uint8Array;
  /** Sizes of what a decision has archived, in bytes; empty where leaves are no decisions. */
  readonly sealed: readonly number[];
}

/** Bare SQLite, as durable as the store: each call of `insert` is one transaction. */
export function bareInserts({ file, group, entry, root, note, sealed: sizes }: BareRows) {
  const db = new DatabaseSync(file);
  db.exec(
    'PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON',
  );
  const insertInto = (table: string, columns: string) =>
    db.prepare(`INSERT INTO ${table} (${columns}) VALUES (${columns.replace(/\w+/g, '?')})`);
  const leaf = insertInto('leaves', 'idx, id, entry, hash, sum');
  const blob = insertInto('blobs', 'id, digest, sealed, sum');
  const record = insertInto('records', 'idx, moment, manifest, uses_sum, sum');
  const use = insertInto('uses', 'record, blob');
  const tile = insertInto('tiles', 'level, idx, hashes, sum');
  const checkpoint = insertInto('checkpoints', 'size, root, note, sum');
  const sealed = sizes.map((size) => randomBytes(size));
  const hashes = randomBytes(TILE_WIDTH * HASH_SIZE);
  const hash = randomBytes(HASH_SIZE);
  const sum = '0'.repeat(64);
  const digest = `sha256:${sum}`;
  let size = 0;
  let blobs = 0;
  const insert = () => {
    db.exec('BEGIN IMMEDIATE');
    for (let i = 0; i < group; i++) {
      leaf.run(size, newId(), entry, hash, sum);
      if (sealed.length > 0) record.run(size, 0, digest, sum, sum);
      for (const bytes of sealed) {
        blob.run(++blobs, `${digest.slice(0, -32)}${newId()}`, bytes, sum);
        use.run(size, blobs);
      }
      size++;
      // Those of the levels above come to one in 256 of these.
      if (size % TILE_WIDTH === 0) tile.run(0, size / TILE_WIDTH - 1, hashes, sum);
    }
    checkpoint.run(size, root, note, sum);
    db.exec('COMMIT');
  };
  return { insert, close: () => db.close() };
}
