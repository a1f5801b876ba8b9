import { randomBytes } from 'node:crypto';
import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { expect, it } from 'vitest';
import { POSTGRES_URL } from '../../support/postgres-databases.ts';
import { VERIFY_BUNDLE } from '../bundle-files.ts';
import { jsonOf } from '../fake-io.ts';
import { audit, freshPath, infoOf } from './ledgers.ts';

async function query(sql: string): Promise<void> {
  const client = new Client({ connectionString: POSTGRES_URL });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

async function withDatabases(count: number, act: (urls: readonly string[]) => Promise<void>) {
  const names = Array.from(
    { length: count },
    () => `postern_audit_${randomBytes(6).toString('hex')}`,
  );
  for (const name of names) await query(`CREATE DATABASE ${name}`);
  try {
    await act(
      names.map(
        (name) => Object.assign(new URL(POSTGRES_URL ?? ''), { pathname: `/${name}` }).href,
      ),
    );
  } finally {
    for (const name of names) await query(`DROP DATABASE ${name} WITH (FORCE)`);
  }
}

const envOf = (url: string) => ({
  env: (name: string) => (name === 'DATABASE_URL' ? url : undefined),
});

if (POSTGRES_URL === undefined) {
  it.skip('a ledger in PostgreSQL: NOT TESTED, as POSTERN_TEST_POSTGRES names no server');
} else {
  it('a ledger in PostgreSQL does all that one in SQLite does', async () => {
    await withDatabases(1, async ([url = '']) => {
      const dir = freshPath();
      const io = envOf(url);
      const run = (...argv: string[]) => audit(argv, io);
      const init = await run('audit', 'init', dir, '--origin', 'example.org/pg');
      expect([init.exit, init.err]).toEqual([0, '']);
      expect(existsSync(join(dir, 'ledger.sqlite'))).toBe(false);
      expect((await run(...VERIFY_BUNDLE, '--record', dir)).exit).toBe(0);
      expect(await infoOf(dir, io)).toMatchObject({ size: 2, database: 'postgres' });
      const replay = await run('audit', 'replay', dir, '--json');
      expect(jsonOf(replay)).toMatchObject({ replayed: 1, same: 1 });
      expect((await run('audit', 'fsck', dir)).exit).toBe(0);
      const path = freshPath('export');
      expect((await run('audit', 'export', dir, '1', '--out', path)).exit).toBe(0);
      const verify = await run('audit', 'verify', path, '--log-key', init.out.trim());
      expect(verify.exit).toBe(0);
      expect((await run('audit', 'backup', dir, freshPath('backup'))).exit).toBe(64);
      expect((await audit(['audit', 'list', dir])).exit).toBe(64);
      // A second ledger in the same database would be two logs in one.
      expect(
        (await run('audit', 'init', freshPath(), '--origin', 'example.org/other')).exit,
      ).not.toBe(0);
      expect(await infoOf(dir, io)).toMatchObject({ size: 2 });
    });
  });

  it('a database that was brought back is marked in the database, for all of its folders', async () => {
    await withDatabases(2, async ([url = '', another = '']) => {
      const dir = freshPath();
      const io = envOf(url);
      const run = (...argv: string[]) => audit(argv, io);
      await run('audit', 'init', dir, '--origin', 'example.org/pg');
      expect((await run('audit', 'resume', dir, '--nothing-published', 'it is new')).exit).toBe(64);
      const named = await run('audit', 'restore', freshPath('backup'), dir);
      expect([named.exit, named.err]).toMatchObject([
        64,
        expect.stringContaining(`once it has, postern audit restore ${dir}`),
      ]);
      const copy = freshPath();
      cpSync(dir, copy, { recursive: true });
      const marked = await run('audit', 'restore', dir);
      expect([marked.exit, marked.out]).toMatchObject([0, expect.stringContaining('audit resume')]);
      expect(existsSync(join(dir, 'restored'))).toBe(false);
      for (const folder of [dir, copy]) {
        expect(await infoOf(folder, io)).toMatchObject({ restoredAt: '2026-06-01T00:00:00.000Z' });
        const refused = await run(...VERIFY_BUNDLE, '--record', folder);
        expect([refused.exit, refused.err]).toMatchObject([
          69,
          expect.stringContaining('postern audit resume'),
        ]);
      }
      const resumed = await run(
        'audit',
        'resume',
        copy,
        '--nothing-published',
        'it stood in a lab',
      );
      expect([resumed.exit, resumed.err]).toEqual([0, '']);
      expect(await infoOf(dir, io)).not.toHaveProperty('restoredAt');
      expect((await run(...VERIFY_BUNDLE, '--record', dir)).exit).toBe(0);

      // The database of another log is not marked by this one's folder.
      await audit(['audit', 'init', freshPath(), '--origin', 'example.org/b'], envOf(another));
      expect((await audit(['audit', 'restore', dir], envOf(another))).exit).toBe(1);
    });
  });

  it('a ledger does not begin anew in another, empty database', async () => {
    await withDatabases(2, async ([url = '', other = '']) => {
      const dir = freshPath();
      await audit(['audit', 'init', dir, '--origin', 'example.org/pg'], envOf(url));
      const { exit, out, err } = await audit([...VERIFY_BUNDLE, '--record', dir], envOf(other));
      expect([exit, out]).toEqual([69, '']);
      expect(err).toContain('it was emptied, or is another');
      expect((await audit([...VERIFY_BUNDLE, '--record', dir], envOf(url))).exit).toBe(0);
    });
  });
}
