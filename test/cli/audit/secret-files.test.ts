import fs, { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { makeFolder, writeSecret } from '../../../src/cli/audit/secret-files.ts';
import { audit, freshPath, recorded } from './ledgers.ts';

let folder = '';
/** Inodes in the order in which they were synced, and sizes at that moment. */
let synced: { readonly inode: number; readonly size: number }[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'postern-secret-'));
  synced = [];
  const note = (fd: number) => {
    const { ino, size } = fs.fstatSync(fd);
    synced.push({ inode: ino, size });
  };
  const fsync = fs.fsyncSync;
  vi.spyOn(fs, 'fsyncSync').mockImplementation((fd) => {
    note(fd);
    fsync(fd);
  });
  syncBuiltinESMExports();
  const handle = await open(folder, 'r');
  const prototype: FileHandle = Object.getPrototypeOf(handle);
  await handle.close();
  const { sync } = prototype;
  vi.spyOn(prototype, 'sync').mockImplementation(function (this: FileHandle) {
    note(this.fd);
    return sync.call(this);
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
  rmSync(folder, { recursive: true, force: true });
});

const inodeOf = (path: string) => statSync(path).ino;

it('a secret is on the disk, and then its name, before it is said to be written', async () => {
  const path = join(folder, 'a.key');
  await writeSecret(path, 'secret\n');
  expect(synced.map(({ inode }) => inode)).toEqual([inodeOf(path), inodeOf(folder)]);
  expect(synced[0]?.size).toBe(7);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  await expect(writeSecret(path, 'other')).rejects.toMatchObject({ code: 'unreachable', at: path });
  expect(readFileSync(path, 'utf8')).toBe('secret\n');
});

it('a folder and all above it that were made have their names on the disk', async () => {
  await makeFolder(join(folder, 'a/b'), 0o700);
  expect(synced.map(({ inode }) => inode)).toEqual([inodeOf(join(folder, 'a')), inodeOf(folder)]);
  synced = [];
  await makeFolder(join(folder, 'a/b'), 0o700);
  expect(synced).toEqual([]);
});

it('a restored database has its name on the disk after the mark that it was restored', async () => {
  const dir = await recorded();
  const backup = freshPath('backup');
  expect((await audit(['audit', 'backup', dir, backup])).exit).toBe(0);
  for (const end of ['', '-wal', '-shm']) rmSync(join(dir, `ledger.sqlite${end}`), { force: true });
  synced = [];
  expect((await audit(['audit', 'restore', backup, dir])).exit).toBe(0);
  expect(synced.map(({ inode }) => inode).slice(-3)).toEqual([
    inodeOf(join(dir, 'restored')),
    inodeOf(dir),
    inodeOf(dir),
  ]);
});
