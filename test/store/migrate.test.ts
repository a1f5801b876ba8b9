import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LogHead } from '../../src/ledger/store.ts';
import { writeBatch } from '../../src/store/commit.ts';
import type { Driver, Sql } from '../../src/store/driver.ts';
import { createLease, releaseLease, takeLease } from '../../src/store/lease.ts';
import { migrate, migrationDigest } from '../../src/store/migrate.ts';
import { openDriver } from '../../src/store/open-driver.ts';
import { withSum } from '../../src/store/row-sum.ts';
import { MIGRATIONS, type Migration } from '../../src/store/schema.ts';
import { Sealer } from '../../src/store/seal.ts';
import { FILLED, fillFleet } from '../support/filled-fleet.ts';
import { ARCHIVE_KEY, batchOf, blobOf, EMPTY_LOG, recordOf } from '../support/ledger-batches.ts';
import { type Bed, describeStores, withBed } from '../support/store-beds.ts';

/** What a store could have become: a table, one more column, and one table made of another. */
const STEPS: readonly Migration[] = [
  {
    version: 1,
    statements: [
      'CREATE TABLE things (id INTEGER PRIMARY KEY NOT NULL, name TEXT NOT NULL) STRICT',
    ],
  },
  { version: 2, statements: ['ALTER TABLE things ADD COLUMN size INTEGER'] },
  {
    version: 3,
    statements: [
      'CREATE TABLE names (name TEXT PRIMARY KEY NOT NULL, count INTEGER NOT NULL) STRICT',
      'INSERT INTO names SELECT name, count(*) FROM things GROUP BY name',
    ],
  },
  { version: 4, statements: ['UPDATE things SET size = 0 WHERE size IS NULL'] },
];

/** Rows as a release of each version wrote them. */
const ROWS_AT: Readonly<Record<number, string>> = {
  1: "INSERT INTO things (id, name) VALUES (1, 'a'), (2, 'a')",
  2: "INSERT INTO things (id, name, size) VALUES (1, 'a', NULL), (2, 'a', 5)",
  3: "INSERT INTO things (id, name, size) VALUES (1, 'a', NULL), (2, 'a', 5)",
};

const nothing = async () => undefined;

describeStores('migrations', (kind) => {
  let bed: Bed;
  let driver: Driver;
  beforeEach(async () => {
    bed = await kind.make();
    driver = await openDriver(bed.place);
  });
  afterEach(async () => {
    await driver.close();
    await bed.close();
  });

  const versions = () =>
    driver.alone(async (sql) =>
      (await sql.all('SELECT version FROM migrations ORDER BY version')).map(
        (row) => row['version'],
      ),
    );

  it.each([1, 2, 3])('go on from version %i with its rows in it', async (version) => {
    await migrate(driver, STEPS.slice(0, version), nothing);
    await driver.writing((sql) => sql.run(ROWS_AT[version] ?? ''));
    await migrate(driver, STEPS, nothing);
    expect(await versions()).toEqual([1, 2, 3, 4]);
    const rows = await driver.alone((sql) => sql.all('SELECT * FROM things ORDER BY id'));
    expect(rows.map((row) => ({ ...row }))).toEqual([
      { id: 1, name: 'a', size: 0 },
      { id: 2, name: 'a', size: version === 1 ? 0 : 5 },
    ]);
    const names = await driver.alone((sql) => sql.all('SELECT * FROM names'));
    expect(names.map((row) => ({ ...row }))).toEqual(version < 3 ? [{ name: 'a', count: 2 }] : []);
  });

  it('begin a new database once', async () => {
    let begun = 0;
    const first = async (sql: Sql) => {
      begun++;
      await sql.run("INSERT INTO things (id, name) VALUES (9, 'first')");
    };
    await migrate(driver, STEPS.slice(0, 2), first);
    await migrate(driver, STEPS, first);
    await migrate(driver, STEPS, first);
    expect(begun).toBe(1);
    expect(await versions()).toEqual([1, 2, 3, 4]);
  });

  it('are all done or none, where one fails', async () => {
    await migrate(driver, STEPS.slice(0, 1), nothing);
    const broken = { version: 3, statements: ['CREATE TABLE more (id INTEGER)', 'NO SUCH SQL'] };
    const failing = migrate(driver, [...STEPS.slice(0, 2), broken], nothing);
    await expect(failing).rejects.toMatchObject({ code: 'internal', at: driver.place });
    expect(await versions()).toEqual([1]);
    expect([...(await driver.tables())].sort()).toEqual(['migrations', 'things']);
    await migrate(driver, STEPS, nothing);
  });

  it('refuse a database of a newer release', async () => {
    await migrate(driver, STEPS, nothing);
    await expect(migrate(driver, STEPS.slice(0, 2), nothing)).rejects.toMatchObject({
      code: 'unsupported',
      at: driver.place,
      detail: "is of version 3, newer than this release's 2",
    });
  });

  it('refuse a database with another past', async () => {
    await migrate(driver, STEPS.slice(0, 2), nothing);
    const edited = STEPS.with(1, { version: 2, statements: ['ALTER TABLE things ADD x TEXT'] });
    await expect(migrate(driver, edited, nothing)).rejects.toMatchObject({
      code: 'conflict',
      at: 'migrations[2]',
    });
    expect(await versions()).toEqual([1, 2]);
  });

  it('refuse a list that was tampered with', async () => {
    await migrate(driver, STEPS, nothing);
    await driver.writing((sql) => sql.run('UPDATE migrations SET version = 7 WHERE version = 4'));
    await expect(migrate(driver, STEPS, nothing)).rejects.toMatchObject({
      code: 'malformed',
      at: 'migrations[7]',
    });
  });
});

describeStores('a store', (kind) => {
  it('that many open at once, before it was ever made, is made once', async () => {
    await withBed(kind, async (bed) => {
      const stores = await Promise.all([1, 2, 3, 4].map(() => bed.open()));
      for (const store of stores) expect(await store.faults()).toEqual([]);
      expect(await bed.raw('SELECT token FROM lease')).toHaveLength(1);
      expect(await bed.raw('SELECT version FROM migrations')).toHaveLength(MIGRATIONS.length);
    });
  });

  it('of a newer release is refused when it is opened', async () => {
    await withBed(kind, async (bed) => {
      await (await bed.open()).close();
      const version = MIGRATIONS.length + 1;
      const { digest, sum } = withSum('migrations', { version, digest: 'later' });
      await bed.raw(`INSERT INTO migrations VALUES (${version}, '${digest}', '${sum}')`);
      await expect(bed.open()).rejects.toMatchObject({ code: 'unsupported' });
    });
  });

  it('is not made among the tables of something else', async () => {
    await withBed(kind, async (bed) => {
      const driver = await openDriver(bed.place);
      await driver.writing((sql) => sql.run('CREATE TABLE customers (id INTEGER)'));
      await driver.close();
      await expect(bed.open()).rejects.toMatchObject({
        code: 'conflict',
        detail: 'is a database of something else: it has customers',
      });
    });
  });
});

describeStores('a store of an earlier version', (kind) => {
  const seen = blobOf(Uint8Array.of(1, 2));

  /** As a release of version 1 left it: a log of two leaves, one a record. */
  async function leave(bed: Bed, version: number): Promise<LogHead> {
    const driver = await openDriver(bed.place);
    await migrate(driver, MIGRATIONS.slice(0, version), createLease);
    const sealer = await Sealer.open(ARCHIVE_KEY);
    const meta = withSum('meta', { name: 'archive-key', value: sealer.keyId });
    const { batch: whole } = batchOf({ holder: 'old', token: 1 }, EMPTY_LOG, ['a', 'b'], {
      records: [recordOf('b', 5, [seen])],
      blobs: [seen],
    });
    const { tiles, head, ...batch } = whole;
    await driver.writing(async (sql) => {
      await sql.insert('meta', [meta]);
      const taken = await takeLease(sql, 'old');
      if (!taken.taken) throw new Error('somebody has the lease');
      await writeBatch(sql, sealer, batch, () => ({ tiles, head }));
      await releaseLease(sql, taken.fence);
    });
    await driver.close();
    return head;
  }

  it.each(MIGRATIONS.slice(0, -1).map(({ version }) => version))(
    '%i goes on with all that is in it, and keeps a fleet beside it',
    async (version) => {
      await withBed(kind, async (bed) => {
        const head = await leave(bed, version);
        const store = await bed.open();
        expect(await store.head()).toEqual(head);
        expect(await store.leaves(0, 9)).toHaveLength(2);
        expect(await store.record('b')).toMatchObject({ at: 5, manifest: seen.digest });
        expect(await store.blob(seen.digest)).toEqual(seen.bytes);
        expect(await store.faults()).toEqual([]);
        expect(await bed.raw('SELECT version FROM migrations')).toHaveLength(MIGRATIONS.length);
        await fillFleet(store);
        expect(await store.node(FILLED.id)).toEqual(FILLED);
        expect(await store.takeLease('new')).toMatchObject({ taken: true, fence: { token: 2 } });
        expect(await store.faults()).toEqual([]);
      });
    },
  );
});

describe('the schema of each version', () => {
  /** Stores out there were made by these: a step is never edited, another is added. */
  const RELEASED = [
    '8f5491de90d7ac4b433d09a97eacf14f27ad4b20bb4660ab195f7872592027dc',
    'd71f308232ca701e1a18989c0fa9e2554eb4b73219638f43edc8c8de432f7d47',
    '3a8c3f99e67a70d5d803f510e06894c064a5ef391310ef69a992b3f8d0c34f5e',
  ];

  it('is what it was when it was released', () => {
    expect(MIGRATIONS.map(({ version }) => version)).toEqual(RELEASED.map((_, i) => i + 1));
    expect(MIGRATIONS.map(migrationDigest)).toEqual(RELEASED);
  });
});
