import { closeSync, fsyncSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { Fault } from '../core/fault.ts';

/** Nobody but its owner reads it; SQLite gives the files beside it the same mode. */
const PRIVATE = 0o600;

/**
 * Makes an empty file, for nobody else to read, unless there is one.
 *
 * @returns whether there was none.
 * @throws Fault `unreachable` at the file.
 */
export function createPrivately(file: string): boolean {
  try {
    closeSync(openSync(file, 'wx', PRIVATE));
    syncFolder(dirname(file));
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw fileFault(error, file);
  }
}

/** Makes names that came, went or changed in a folder outlast a power cut. */
export function syncFolder(folder: string): void {
  syncFile(folder);
}

export function syncFile(file: string): void {
  const handle = openSync(file, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

const PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'its folder is not there',
  ENOTDIR: 'its folder is not a folder',
  EACCES: 'this user may not write to its folder',
  EPERM: 'this user may not write to its folder',
  EROFS: 'its file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota on the disk is used up',
};

export function fileFault(error: unknown, file: string): Fault {
  if (error instanceof Fault) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const says = PROBLEMS[code] ?? (error instanceof Error ? error.message : String(error));
  return new Fault('unreachable', file, says, { cause: error });
}
