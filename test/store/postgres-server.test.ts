import { once } from 'node:events';
import { createServer } from 'node:net';
import { Client, DatabaseError } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { GatewayStore } from '../../src/store/gateway-store.ts';
import { openStore } from '../../src/store/open.ts';
import { openDriver } from '../../src/store/open-driver.ts';
import { isLost, postgresFault } from '../../src/store/postgres-faults.ts';
import { insertOf, rowsAtOnce, toPostgres } from '../../src/store/postgres-sql.ts';
import { CutProxy } from '../support/cut-proxy.ts';
import { eventOf } from '../support/fleet.ts';
import {
  ARCHIVE_KEY,
  batchOf,
  commitWhole,
  EMPTY_LOG,
  fenceOf,
  readLog,
} from '../support/ledger-batches.ts';
import { OwnPostgres, POSTGRES_PROGRAMS } from '../support/own-postgres.ts';
import { POSTGRES_URL } from '../support/postgres-databases.ts';
import { type Bed, POSTGRES } from '../support/store-beds.ts';

describe('a server that is not there', () => {
  it('refuses connections, and its password is nobody’s business', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    server.close();
    await once(server, 'close');
    const url = `postgres://me:secret@127.0.0.1:${port}/ledger?application_name=secret`;
    const fault = await openStore({ url }).catch((error: unknown) => error);
    expect(fault).toMatchObject({
      code: 'unreachable',
      at: `postgres://me@127.0.0.1:${port}/ledger`,
      detail: expect.stringContaining('refuses connections: is it running?'),
    });
    expect(String(fault)).not.toContain('secret');
  });
});

describe.skipIf(POSTGRES === undefined)('a PostgreSQL server', () => {
  let bed: Bed;
  let proxy: CutProxy;
  let store: GatewayStore;
  let url = '';
  beforeEach(async () => {
    if (POSTGRES === undefined) throw new Error('skipped');
    bed = await POSTGRES.make();
    const direct = new URL('url' in bed.place ? bed.place.url : '');
    proxy = await CutProxy.start(Number(direct.port || 5432));
    direct.host = `127.0.0.1:${proxy.port}`;
    url = direct.href;
    store = await openStore({ url, archiveKey: ARCHIVE_KEY });
  });
  afterEach(async () => {
    await store.close();
    await proxy.close();
    await bed.close();
  });

  it.each(['own', 'this'] as const)(
    'that has stopped answering is not waited for at the end, thread: %s',
    async (thread) => {
      const other = await openStore({ url, thread });
      await other.head();
      proxy.hush();
      const begun = performance.now();
      await other.close();
      expect(performance.now() - begun).toBeLessThan(10_000);
    },
  );

  it.each([
    { when: 'before' as const, kept: 0 },
    { when: 'after' as const, kept: 1 },
  ])('that is lost $when COMMIT leaves the outcome open, and head() tells it', async (cut) => {
    const fence = await fenceOf(store, 'w');
    const next = batchOf(fence, EMPTY_LOG, ['a']);
    // With the NUL that ends a query: BEGIN names its level READ COMMITTED.
    proxy.cutAt('COMMIT\0', cut.when);
    await expect(commitWhole(store, next.batch)).rejects.toMatchObject({
      code: 'unreachable',
      at: expect.stringContaining(`127.0.0.1:${proxy.port}`),
      detail: expect.stringContaining('whether it was committed is unknown'),
    });
    expect((await store.head())?.size ?? 0).toBe(cut.kept);
    // The lease is still its own: it goes on from what it finds.
    const again = batchOf(fence, await readLog(store), ['b']);
    await commitWhole(store, again.batch);
    expect((await store.head())?.size).toBe(cut.kept + 1);
    expect(await store.faults()).toEqual([]);
  });

  it('that is lost before that has committed nothing, and is found again', async () => {
    const fence = await fenceOf(store, 'w');
    const next = batchOf(fence, EMPTY_LOG, ['a']);
    proxy.cutAt('INSERT INTO checkpoints', 'after');
    const fault = await commitWhole(store, next.batch).catch((error: unknown) => error);
    expect(fault).toMatchObject({ code: 'unreachable' });
    expect(String(fault)).not.toContain('unknown');
    await commitWhole(store, next.batch);
    expect(await store.head()).toEqual(next.batch.head);
  });

  it('that ends an idle connection is found again', async () => {
    await bed.raw(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = 'postern' AND datname = current_database()`,
    );
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await store.head()).toBeUndefined();
    expect(await store.takeLease('w')).toMatchObject({ taken: true });
  });

  it('that ends the connection of those who watch is listened to again, and they are called', async () => {
    const onEvents = vi.fn();
    const stop = await store.watchEvents(onEvents);
    await bed.raw(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = 'postern' AND datname = current_database()`,
    );
    await vi.waitFor(() => expect(onEvents).toHaveBeenCalled(), { timeout: 20_000 });
    onEvents.mockClear();
    await store.apply({ events: [eventOf('node.warned')] });
    await vi.waitFor(() => expect(onEvents).toHaveBeenCalled(), { timeout: 20_000 });
    await stop();
  });

  it('behind something that passes no word on is looked at all the same', async () => {
    const onEvents = vi.fn();
    const stop = await store.watchEvents(onEvents);
    await bed.raw(
      `INSERT INTO events (seq, moment, type, data, sum) VALUES (1, 1, 'node.warned', '{}', 'x')`,
    );
    await vi.waitFor(() => expect(onEvents).toHaveBeenCalled(), { timeout: 20_000 });
    await stop();
  });

  it('is told no more to those who have stopped: nobody listens', async () => {
    const listening = () =>
      bed.raw(
        `SELECT pid FROM pg_stat_activity WHERE application_name = 'postern'
         AND datname = current_database() AND query LIKE '%max(seq)%'`,
      );
    const stop = await store.watchEvents(() => undefined);
    expect(await listening()).toHaveLength(1);
    await stop();
    await expect.poll(listening, { timeout: 20_000 }).toEqual([]);
  });

  it('that would confirm before it wrote is made to write first', async () => {
    const database = new URL(url).pathname.slice(1);
    await bed.raw(`ALTER DATABASE ${database} SET synchronous_commit = off`);
    const driver = await openDriver({ url });
    const [row] = await driver.alone((sql) => sql.all('SHOW synchronous_commit'));
    expect(row?.['synchronous_commit']).toBe('on');
    await driver.close();
  });

  it('is made to write first in each transaction, whatever the session was set to', async () => {
    const driver = await openDriver({ url });
    for (const [session, want] of [
      ['off', 'on'],
      ['local', 'on'],
      ['remote_apply', 'remote_apply'],
    ]) {
      await driver.alone((sql) => sql.run(`SET synchronous_commit = ${session}`));
      const [row] = await driver.writing((sql) => sql.all('SHOW synchronous_commit'));
      expect(row?.['synchronous_commit']).toBe(want);
    }
    await driver.close();
  });

  it('that may only be read says so', async () => {
    const database = new URL(url).pathname.slice(1);
    await bed.raw(`ALTER DATABASE ${database} SET default_transaction_read_only = on`);
    const other = await openStore({ url, archiveKey: ARCHIVE_KEY });
    await expect(other.takeLease('w')).rejects.toMatchObject({
      code: 'unreachable',
      detail: expect.stringContaining('this server is read-only'),
    });
    expect(await other.head()).toBeUndefined();
    await other.close();
  });

  it('keeps all in a schema of its own, beside what else is there', async () => {
    await bed.raw('CREATE TABLE public.leaves (id text)');
    const again = await openStore({ url, archiveKey: ARCHIVE_KEY });
    expect(await again.faults()).toEqual([]);
    await again.close();
  });

  it('is backed up by its own tools', async () => {
    await expect(store.backup('/tmp/copy.db')).rejects.toMatchObject({
      code: 'usage',
      detail: expect.stringContaining('pg_dump'),
    });
  });

  it('without such a database says so', async () => {
    const nowhere = new URL(url);
    nowhere.pathname = '/no_such_database';
    await expect(openStore({ url: nowhere.href })).rejects.toMatchObject({
      code: 'unreachable',
      detail: expect.stringContaining('has no such database'),
    });
  });
});

describe.skipIf(POSTGRES_PROGRAMS === undefined)('a server that a power cut can damage', () => {
  let cluster: OwnPostgres;
  beforeAll(async () => {
    const free = createServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    const address = free.address();
    free.close();
    await once(free, 'close');
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    cluster = await OwnPostgres.create(POSTGRES_PROGRAMS ?? '', port);
  }, 60_000);
  afterAll(() => cluster?.remove());

  it.each(['fsync', 'full_page_writes'])('by %s = off is refused', async (name) => {
    const url = cluster.url;
    const set = async (value: string) => {
      const client = new Client({ connectionString: url });
      await client.connect();
      await client.query(`ALTER SYSTEM SET ${name} = ${value}`);
      await client.query('SELECT pg_reload_conf()');
      const now = async () => (await client.query(`SHOW ${name}`)).rows[0][name];
      await expect.poll(now, { timeout: 10_000 }).toBe(value);
      await client.end();
    };
    await set('off');
    await expect(openStore({ url })).rejects.toMatchObject({
      code: 'usage',
      at: url,
      detail: expect.stringContaining(`runs with ${name} = off: `),
    });
    await set('on');
    await (await openStore({ url })).close();
  });
});

if (POSTGRES_PROGRAMS === undefined) {
  it.skip('a server that a power cut can damage: NOT TESTED, as PostgreSQL is not here');
}

if (POSTGRES_URL === undefined) {
  it.skip('a PostgreSQL server: NOT TESTED, as POSTERN_TEST_POSTGRES names none');
}

describe('what PostgreSQL says', () => {
  const made = (state: string) =>
    Object.assign(new DatabaseError('as PostgreSQL puts it', 1, 'error'), { code: state });

  it.each([
    { state: '08006', code: 'unreachable', says: 'the connection failed', lost: true },
    { state: '57P01', code: 'unreachable', says: 'was stopped', lost: true },
    { state: '57P03', code: 'unreachable', says: 'is starting', lost: true },
    { state: '25P03', code: 'unreachable', says: 'too long', lost: true },
    { state: '57014', code: 'unreachable', says: 'broke this off', lost: false },
    { state: '53100', code: 'unreachable', says: 'the disk is full', lost: false },
    { state: '53300', code: 'unreachable', says: 'too many connections', lost: false },
    { state: '55P03', code: 'unreachable', says: 'is locked', lost: false },
    { state: '58030', code: 'unreachable', says: 'its disk', lost: false },
    { state: '40001', code: 'unreachable', says: 'rolled this back', lost: false },
    { state: '40P01', code: 'unreachable', says: 'rolled this back', lost: false },
    { state: '28P01', code: 'unreachable', says: 'refuses this user', lost: false },
    { state: '42501', code: 'unreachable', says: 'does not allow', lost: false },
    { state: '23505', code: 'conflict', says: 'has a row of this key', lost: false },
    { state: 'XX001', code: 'malformed', says: 'is damaged', lost: false },
    { state: '42P01', code: 'malformed', says: 'lacks what it was made with', lost: false },
    { state: '42601', code: 'internal', says: 'PostgreSQL refuses', lost: false },
  ])('as $state is a Fault of $code', ({ state, code, says, lost }) => {
    const fault = postgresFault(made(state), 'postgres://x');
    expect(fault).toMatchObject({ code, at: 'postgres://x' });
    expect(fault.detail).toContain(says);
    expect(fault.detail).toContain(`(as PostgreSQL puts it, ${state})`);
    expect(isLost(made(state))).toBe(lost);
  });

  it('is a bug of ours where it was not PostgreSQL', () => {
    expect(postgresFault(new TypeError('x'), 'postgres://x').code).toBe('internal');
    expect(postgresFault(new Error('socket hang up'), 'postgres://x').code).toBe('unreachable');
  });
});

describe('SQL for PostgreSQL', () => {
  it('has its types, and numbers its values', () => {
    const sql = 'CREATE TABLE t (a INTEGER PRIMARY KEY, b BLOB) STRICT';
    expect(toPostgres(sql)).toBe('CREATE TABLE t (a BIGINT PRIMARY KEY, b BYTEA)');
    expect(toPostgres(insertOf('t', ['a', 'b'], 2))).toBe(
      'INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4)',
    );
    expect(rowsAtOnce(5) * 5).toBeLessThan(65_536);
    expect(rowsAtOnce(100_000)).toBe(1);
  });
});
