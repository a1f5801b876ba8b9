import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Memory } from './memory.ts';

/**
 * In a folder, for Node: a file each, written whole or not at all. Two processes on one folder take
 * turns by a lock file.
 *
 * @param folder made where it is not there, for its owner alone.
 */
export function fileMemory(folder: string): Memory {
  const fileOf = (key: string) => join(folder, `${encodeURIComponent(key)}.json`);
  return {
    get: (key) => read(fileOf(key)),
    set: async (key, value, before) => {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const file = fileOf(key);
      return locked(`${file}.lock`, async () => {
        if ((await read(file)) !== before) return false;
        await write(file, value);
        return true;
      });
    },
  };
}

async function read(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** A power cut leaves the file of before, or this one. */
async function write(file: string, text: string): Promise<void> {
  const beside = `${file}.${randomUUID()}`;
  const handle = await open(beside, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(beside, file);
}

const TRIES = 200;
const PAUSE = 10;

/** @throws Error where another holds the lock for seconds: one that died with it is removed by hand. */
async function locked<T>(lock: string, act: () => Promise<T>): Promise<T> {
  for (let i = 0; ; i++) {
    try {
      await (await open(lock, 'wx', 0o600)).close();
      break;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
      if (i === TRIES) throw new Error(`${lock} is there: remove it if nobody uses the folder`);
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }
  try {
    return await act();
  } finally {
    await rm(lock, { force: true });
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
