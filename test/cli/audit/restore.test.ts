import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { jsonOf } from '../fake-io.ts';
import { audit, freshPath, infoOf, leavesOf, record, recorded } from './ledgers.ts';

/** A ledger, its backup, and a decision that came after; then the database is lost. */
async function lost() {
  const dir = await recorded();
  const backup = freshPath('backup');
  const done = await audit(['audit', 'backup', dir, backup, '--json']);
  expect(done.exit).toBe(0);
  return { dir, backup, published: join(dir, 'published') };
}

function damage(dir: string): void {
  const away = freshPath('away');
  mkdirSync(away);
  for (const end of ['', '-wal', '-shm']) {
    const name = `ledger.sqlite${end}`;
    if (existsSync(join(dir, name))) renameSync(join(dir, name), join(away, name));
  }
}

const restore = (backup: string, dir: string) => audit(['audit', 'restore', backup, dir]);
const resume = (dir: string, ...argv: string[]) => audit(['audit', 'resume', dir, ...argv]);

describe('backup', () => {
  it('is a file of its own, for its owner alone, and replaces nothing', async () => {
    const { dir, backup } = await lost();
    expect(statSync(backup).mode & 0o777).toBe(0o600);
    const before = readFileSync(backup);
    const { exit, err } = await audit(['audit', 'backup', dir, backup]);
    expect(exit).toBe(64);
    expect(err).toContain('is there already, and a backup replaces nothing');
    expect(readFileSync(backup)).toEqual(before);
    expect((await audit(['audit', 'backup', dir, '/nowhere/at/all'])).exit).toBe(69);
  });
});

describe('restore', () => {
  it('brings it back readable, and not writable', async () => {
    const { dir, backup } = await lost();
    damage(dir);
    const { exit, out } = await restore(backup, dir);
    expect(exit).toBe(0);
    expect(out).toContain('2 leaves are back; before it signs again: postern audit resume');
    expect(statSync(join(dir, 'ledger.sqlite')).mode & 0o777).toBe(0o600);
    expect(await infoOf(dir)).toMatchObject({ size: 2, restoredAt: '2026-06-01T00:00:00.000Z' });
    for (const verb of ['list', 'replay', 'fsck'])
      expect((await audit(['audit', verb, dir])).exit).toBe(0);
    const refused = await record(dir);
    expect([refused.exit, refused.out]).toEqual([69, '']);
    expect(refused.err).toContain(
      'signs nothing before it is shown that nothing later was published',
    );
    for (const argv of [
      ['policy', dir, 'activated', 'policy.yaml'],
      ['publish', dir],
    ])
      expect((await audit(['audit', ...argv])).exit).toBe(1);
    expect(await leavesOf(dir)).toHaveLength(2);
  });

  it.each([2, 4, 8, 16])(
    'says that a backup is damaged, which may be the only one: page -%d',
    async (page) => {
      const { dir, backup } = await lost();
      const bytes = readFileSync(backup);
      const from = statSync(backup).size - page * 4096;
      writeFileSync(backup, bytes.fill(0x5a, from + 100, from + 4096));
      damage(dir);
      const { exit, out, err } = await restore(backup, dir);
      expect([exit, out]).toEqual([0, expect.stringContaining('2 leaves are back')]);
      expect(err).toMatch(
        /^postern: .*backup: came back with damage: .*; postern audit fsck .* what else is damaged\n$/,
      );
      expect((await audit(['audit', 'fsck', dir])).exit).toBe(1);
    },
  );

  it('wants the backup of what is in SQLite', async () => {
    const { dir } = await lost();
    damage(dir);
    const { exit, err } = await audit(['audit', 'restore', dir]);
    expect([exit, err]).toMatchObject([64, expect.stringContaining('name the backup')]);
    expect(existsSync(join(dir, 'restored'))).toBe(false);
  });

  it('refuses to replace a database', async () => {
    const { dir, backup } = await lost();
    const { exit, err } = await restore(backup, dir);
    expect(exit).toBe(64);
    expect(err).toContain('move it away first');
    expect(existsSync(join(dir, 'restored'))).toBe(false);
  });

  const cases: readonly (readonly [string, number, (backup: string) => Promise<string>])[] = [
    ['no file', 69, async () => '/nowhere/at/all'],
    ['a folder', 69, async () => freshFolder()],
    [
      'no database',
      1,
      async () => written('no database, but as long as a header of one is'.repeat(9)),
    ],
    ['an empty file', 1, async () => written('')],
    ['half of it', 1, async (backup) => written(readFileSync(backup).subarray(0, 20_000))],
    ['the backup of another log', 1, async () => (await lost()).backup],
  ];
  it.each(cases)('from %s leaves the folder as it was', async (_name, code, other) => {
    const { dir, backup } = await lost();
    damage(dir);
    const { exit, out, err } = await restore(await other(backup), dir);
    expect([exit, out]).toEqual([code, '']);
    expect(err).not.toContain('restoring');
    for (const name of ['restored', 'ledger.sqlite', 'ledger.sqlite.restoring'])
      expect([name, existsSync(join(dir, name))]).toEqual([name, false]);
    expect((await restore(backup, dir)).exit).toBe(0);
  });

  it('can be done again over a copy that was damaged too', async () => {
    const { dir, backup } = await lost();
    for (let i = 0; i < 2; i++) {
      damage(dir);
      expect((await restore(backup, dir)).exit).toBe(0);
    }
  });
});

describe('resume', () => {
  it('is about restored copies alone', async () => {
    const { dir } = await lost();
    expect((await resume(dir, '--nothing-published', 'none was ever')).exit).toBe(64);
  });

  it('signs again where what was published is what the copy has', async () => {
    const { dir, backup, published } = await lost();
    damage(dir);
    await restore(backup, dir);
    const ran = await audit(['audit', 'resume', dir, '--published', published, '--json']);
    expect([ran.exit, jsonOf(ran)]).toMatchObject([0, { size: 2, asked: [published] }]);
    expect((await record(dir)).exit).toBe(0);
    expect((await audit(['audit', 'fsck', dir])).exit).toBe(0);
    expect(await infoOf(dir)).not.toHaveProperty('restoredAt');
  });

  it.each([
    ['its own published files know', async (dir: string) => dir],
    ['a mirror knows', async (dir: string) => mirrorOf(dir)],
  ])('never signs again where %s more', async (_name, place) => {
    const { dir, backup } = await lost();
    expect((await record(dir)).exit).toBe(0);
    const mirror = await place(dir);
    damage(dir);
    await restore(backup, dir);
    const asked = ['--published', mirror];
    if (mirror !== dir) renameSync(join(dir, 'published'), freshPath('away'));
    for (const more of [[], ['--nothing-published', 'nothing was published']]) {
      const { exit, err } = await resume(dir, ...asked, ...more);
      expect(exit).toBe(1);
      expect(err).toContain('this is an older copy, and must not sign');
    }
    expect((await record(dir)).exit).toBe(69);
    expect(await leavesOf(dir)).toHaveLength(2);
  });

  it('wants to ask somebody, or a word that it can put into the log', async () => {
    const { dir, backup, published } = await lost();
    damage(dir);
    await restore(backup, dir);
    renameSync(published, freshPath('away'));
    const silent = await resume(dir);
    expect([silent.exit, silent.err]).toMatchObject([
      64,
      expect.stringContaining('nothing was asked'),
    ]);
    expect((await resume(dir, '--nothing-published', 'short')).exit).toBe(64);
    expect((await resume(dir, '--nothing-published', 'two\nlines of it')).exit).toBe(64);
    expect((await resume(dir, '--published', freshFolder())).exit).toBe(69);
    expect((await resume(dir, '--published', join(await recorded(), 'published'))).exit).toBe(1);

    const { exit, out } = await resume(dir, '--nothing-published', 'it stood in a lab');
    expect(exit).toBe(0);
    expect(out).toContain('signs again, at 3 leaves; on your word');
    expect((await leavesOf(dir)).at(-1)?.leaf).toMatchObject({
      type: 'operator.override',
      action: 'resume_restored',
      reason: 'it stood in a lab',
    });
    expect((await record(dir)).exit).toBe(0);
  });
});

function freshFolder(): string {
  const path = freshPath('folder');
  mkdirSync(path);
  return path;
}

async function written(bytes: string | Uint8Array): Promise<string> {
  const path = freshPath('file');
  writeFileSync(path, bytes);
  return path;
}

function mirrorOf(dir: string): string {
  const mirror = freshPath('mirror');
  cpSync(join(dir, 'published'), mirror, { recursive: true });
  return mirror;
}
