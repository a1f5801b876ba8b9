import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GatewayStore } from '../../src/store/gateway-store.ts';
import { openStore } from '../../src/store/open.ts';
import { RECORDS_BEFORE } from '../../src/store/records.ts';
import { SqlStore } from '../../src/store/sql-store.ts';
import { SqliteDriver } from '../../src/store/sqlite-driver.ts';
import { isDiskError, sqliteFault } from '../../src/store/sqlite-faults.ts';
import { FILLED, fillFleet } from '../support/filled-fleet.ts';
import { everythingOf, hexOf, sha256Of } from '../support/fleet.ts';
import {
  ARCHIVE_KEY,
  batchOf,
  blobOf,
  commitWhole,
  EMPTY_LOG,
  fenceOf,
  recordOf,
} from '../support/ledger-batches.ts';
import { temporaryFolder } from '../support/store-beds.ts';

let folder = '';
let file = '';
beforeEach(() => {
  folder = temporaryFolder();
  file = join(folder, 'ledger.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = () => openStore({ file, archiveKey: ARCHIVE_KEY });
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);
const secret = 'plain words that nobody else may read';
const seen = blobOf(new TextEncoder().encode(secret.repeat(1_000)));
const extras = { blobs: [seen], records: [recordOf('a', 1, [seen])] };

describe('the files of a store', () => {
  it('are for nobody else to read', async () => {
    const store = await open();
    await commitWhole(store, batchOf(await fenceOf(store, 'w'), EMPTY_LOG, ['a'], extras).batch);
    const files = readdirSync(folder);
    expect(files.sort()).toEqual(['ledger.db', 'ledger.db-shm', 'ledger.db-wal']);
    expect(files.map((name) => modeOf(join(folder, name)))).toEqual(['600', '600', '600']);
    await store.close();
    expect(readdirSync(folder)).toEqual(['ledger.db']);
  });

  it('hold nothing of what is archived in the clear, and nothing of it once it is forgotten', async () => {
    const store = await open();
    await commitWhole(store, batchOf(await fenceOf(store, 'w'), EMPTY_LOG, ['a'], extras).batch);
    const text = () =>
      readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'));
    expect(text().some((bytes) => bytes.includes(seen.digest))).toBe(true);
    expect(text().filter((bytes) => bytes.includes('plain words'))).toEqual([]);
    const db = new DatabaseSync(file);
    const sealed = db.prepare('SELECT sealed FROM blobs').get()?.['sealed'] as Uint8Array;
    db.close();
    const piece = Buffer.from(sealed.subarray(100, 132)).toString('latin1');
    expect(text().some((bytes) => bytes.includes(piece))).toBe(true);
    await store.forget(2, 3, 'retention');
    await store.close();
    expect(text().filter((bytes) => bytes.includes(piece))).toEqual([]);
  });

  it('that are there keep their mode', async () => {
    writeFileSync(file, '', { mode: 0o640 });
    await (await open()).close();
    expect(modeOf(file)).toBe('640');
  });
});

describe('what can not be opened says why', () => {
  it.each([
    {
      name: 'a text',
      make: () => writeFileSync(file, 'Dear diary, '.repeat(1_000)),
      code: 'malformed',
      says: 'is not a SQLite database',
    },
    {
      name: 'a folder',
      make: () => mkdirSync(file),
      code: 'unreachable',
      says: 'can not be opened',
    },
    {
      name: 'the database of something else',
      make: () => {
        const db = new DatabaseSync(file);
        db.exec('CREATE TABLE customers (id)');
        db.close();
      },
      code: 'conflict',
      says: 'is a database of something else: it has customers',
    },
    {
      name: 'a file in the place of its folder',
      make: () => {
        writeFileSync(join(folder, 'plain'), '');
        file = join(folder, 'plain', 'ledger.db');
      },
      code: 'unreachable',
      says: 'its folder is not a folder',
    },
  ])('$name', async ({ make, code, says }) => {
    make();
    await expect(open()).rejects.toMatchObject({
      code,
      at: file,
      detail: expect.stringContaining(says),
    });
  });
});

describe('a write that fails', () => {
  const openHere = async (busyMs?: number) => {
    const driver = SqliteDriver.open(file, busyMs);
    return { driver, store: await SqlStore.open(driver, ARCHIVE_KEY) };
  };

  it('for want of room loses nothing, and goes on when there is room', async () => {
    const { driver, store } = await openHere();
    const fence = await fenceOf(store, 'w');
    const first = batchOf(fence, EMPTY_LOG, ['a'], extras);
    await commitWhole(store, first.batch);
    const pragma = (text: string) => driver.alone((sql) => sql.all(`PRAGMA ${text}`));
    const [pages] = await pragma('page_count');
    await pragma(`max_page_count = ${Number(pages?.['page_count']) + 4}`);
    const large = blobOf(new Uint8Array(500_000).fill(4));
    const next = batchOf(fence, first.log, ['b'], {
      blobs: [large],
      records: [recordOf('b', 2, [large])],
    });
    for (let i = 0; i < 3; i++) {
      await expect(commitWhole(store, next.batch)).rejects.toMatchObject({
        code: 'unreachable',
        at: file,
        detail: expect.stringContaining('is out of room'),
      });
      expect(await store.head()).toEqual(first.batch.head);
      expect(await store.blobDigests(undefined, 9)).toEqual([seen.digest]);
    }
    expect(await store.faults()).toEqual([]);
    // What is small enough still fits.
    expect(await store.beat(fence)).toEqual({ wanted: false });
    await pragma('max_page_count = 1000000');
    await commitWhole(store, next.batch);
    expect(await store.blob(large.digest)).toEqual(large.bytes);
    expect(await store.faults()).toEqual([]);
    await store.close();
  });

  it('because another process does not let go says so', async () => {
    const { store } = await openHere(50);
    const other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    await expect(store.takeLease('w')).rejects.toMatchObject({
      code: 'unreachable',
      at: file,
      detail: expect.stringContaining('is locked by another process'),
    });
    expect(await store.head()).toBeUndefined();
    other.exec('ROLLBACK');
    other.close();
    expect(await store.takeLease('w')).toMatchObject({ taken: true });
    await store.close();
  });

  it('because it may only be read says so', async () => {
    const { driver, store } = await openHere();
    await driver.alone((sql) => sql.all('PRAGMA query_only = ON'));
    await expect(store.takeLease('w')).rejects.toMatchObject({
      code: 'unreachable',
      at: file,
      detail: expect.stringContaining('can not be written'),
    });
    await store.close();
  });
});

describe('what SQLite says', () => {
  const made = (errcode: number) => Object.assign(new Error('as SQLite puts it'), { errcode });

  it.each([
    { errcode: 5, code: 'unreachable', says: 'is locked' },
    { errcode: 517, code: 'unreachable', says: 'is locked' },
    { errcode: 8, code: 'unreachable', says: 'can not be written' },
    { errcode: 10, code: 'unreachable', says: 'the disk failed' },
    { errcode: 778, code: 'unreachable', says: 'the disk failed' },
    { errcode: 11, code: 'malformed', says: 'is damaged' },
    { errcode: 13, code: 'unreachable', says: 'is out of room' },
    { errcode: 14, code: 'unreachable', says: 'can not be opened' },
    { errcode: 19, code: 'conflict', says: 'has a row of this key' },
    { errcode: 26, code: 'malformed', says: 'is not a SQLite database' },
    { errcode: 1, code: 'internal', says: 'SQLite refuses' },
  ])('as $errcode is a Fault of $code', ({ errcode, code, says }) => {
    const fault = sqliteFault(made(errcode), '/var/ledger.db');
    expect(fault).toMatchObject({ code, at: '/var/ledger.db' });
    expect(fault.detail).toBe(`${fault.detail.split(' (')[0]} (as SQLite puts it)`);
    expect(fault.detail).toContain(says);
  });

  it.each([
    { message: 'no such column: entry', code: 'malformed' },
    { message: 'table leaves has no column named id', code: 'malformed' },
    { message: 'near "NO": syntax error', code: 'internal' },
  ])('as "$message" is a Fault of $code', ({ message, code }) => {
    const error = Object.assign(new Error(message), { errcode: 1 });
    expect(sqliteFault(error, '/var/ledger.db').code).toBe(code);
  });

  it('of the disk at a COMMIT leaves the outcome open, and of room does not', () => {
    expect([10, 1034, 13, 5].map((errcode) => isDiskError(made(errcode)))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('a backup', () => {
  it('is a store of its own with all that there was, for nobody else to read', async () => {
    const store = await open();
    const fence = await fenceOf(store, 'w');
    const first = batchOf(fence, EMPTY_LOG, ['a'], extras);
    await commitWhole(store, first.batch);
    const path = join(folder, 'copy.db');
    await store.backup(path);
    await commitWhole(store, batchOf(fence, first.log, ['b']).batch);
    expect(modeOf(path)).toBe('600');
    const copy = await openStore({ file: path, archiveKey: ARCHIVE_KEY });
    expect(await copy.head()).toEqual(first.batch.head);
    expect(await copy.blob(seen.digest)).toEqual(seen.bytes);
    expect(await copy.faults()).toEqual([]);
    await copy.close();
    await store.close();
    expect(readdirSync(folder).sort()).toEqual(['copy.db', 'ledger.db']);
  });

  it('has the fleet in it, and who may ask for it; nothing that was spent is to be had again', async () => {
    const store = await open();
    await fillFleet(store);
    const read = async (of: GatewayStore) => ({
      ...(await everythingOf(of)),
      keys: await of.challengeKeys(),
      credentials: await of.credentials(),
      usage: await of.usage(0, 9),
      unmetered: await of.unmetered(hexOf(9, 32), hexOf(9, 16)),
    });
    const before = await read(store);
    const path = join(folder, 'copy.db');
    await store.backup(path);
    await store.apply({ remove: { id: FILLED.id, expected: 1 }, events: [] });
    const copy = await openStore({ file: path, archiveKey: ARCHIVE_KEY });
    expect(await read(copy)).toEqual(before);
    expect(await copy.spendOnce(sha256Of('nonce'), 1)).toBe(false);
    expect(await copy.faults()).toEqual([]);
    await copy.close();
    await store.close();
  });

  it('is taken while the store goes on', async () => {
    const store = await open();
    const fence = await fenceOf(store, 'w');
    const many = Array.from({ length: 20 }, (_, i) => blobOf(new Uint8Array(400_000).fill(i)));
    let next = batchOf(fence, EMPTY_LOG, ['a'], { blobs: many });
    await commitWhole(store, next.batch);
    let isDone = false;
    const backup = store.backup(join(folder, 'copy.db')).finally(() => {
      isDone = true;
    });
    let during = 0;
    while (!isDone) {
      next = batchOf(fence, next.log, [`during-${during++}`]);
      await commitWhole(store, next.batch);
    }
    await backup;
    expect(during).toBeGreaterThan(1);
    const copy = await openStore({ file: join(folder, 'copy.db') });
    const size = (await copy.head())?.size ?? 0;
    expect(await copy.leaves(0, 9_999)).toHaveLength(size);
    expect(size).toBeGreaterThan(0);
    expect(await copy.faults()).toEqual([]);
    await copy.close();
    await store.close();
  });

  it('replaces nothing, and leaves nothing of itself where it fails', async () => {
    const store = await open();
    const taken = join(folder, 'taken');
    writeFileSync(taken, 'something dear');
    await expect(store.backup(taken)).rejects.toMatchObject({ code: 'conflict', at: taken });
    expect(readFileSync(taken, 'utf8')).toBe('something dear');
    const nowhere = join(folder, 'no', 'such', 'copy.db');
    await expect(store.backup(nowhere)).rejects.toMatchObject({ code: 'unreachable', at: nowhere });
    await store.close();
    expect(existsSync(nowhere)).toBe(false);
    expect(readdirSync(folder).sort()).toEqual(['ledger.db', 'taken']);
  });
});

it('what is due to be forgotten is found by its index alone, and comes in its order', async () => {
  await (await openStore({ file })).close();
  const db = new DatabaseSync(file);
  const plan = db.prepare(`EXPLAIN QUERY PLAN ${RECORDS_BEFORE}`).all(9, 3, 3, 1, 9);
  db.close();
  expect(plan.map(({ detail }) => detail)).toEqual([
    'SEARCH records USING INDEX records_by_moment (moment>? AND moment<?)',
  ]);
});
