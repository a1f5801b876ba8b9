import { existsSync, linkSync, mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { Fault } from '../core/fault.ts';
import { sqliteFault } from './sqlite-faults.ts';
import { createPrivately, fileFault, hasCode, syncFile, syncFolder } from './sqlite-file.ts';

/**
 * Copies a database as of one moment into a new file, which is there whole or not at all: written
 * beside, synced, and linked into place.
 *
 * @throws Fault `conflict` at the path where there is a file already, `unreachable` where it can't
 *   be written.
 */
export function copyDatabase(db: DatabaseSync, place: string, path: string): void {
  if (existsSync(path)) throw taken(path);
  const folder = dirname(path);
  let scratch: string | undefined;
  try {
    scratch = mkdtempSync(join(folder, '.backup-'));
    const fresh = join(scratch, 'file');
    // SQLite would make it with the mode that all may read; into an empty file it writes as well.
    createPrivately(fresh);
    copy(db, place, fresh);
    syncFile(fresh);
    // Not a rename: that would replace what somebody put there in the meantime.
    linkSync(fresh, path);
    syncFolder(folder);
  } catch (error) {
    throw hasCode(error, 'EEXIST') ? taken(path) : fileFault(error, path);
  } finally {
    if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true });
  }
}

function copy(db: DatabaseSync, place: string, path: string): void {
  try {
    db.prepare('VACUUM INTO ?').run(path);
  } catch (error) {
    // Only damage is the source's; all else is that the copy finds no room or no leave.
    const fault = sqliteFault(error, path);
    throw fault.code === 'malformed' ? sqliteFault(error, place) : fault;
  }
}

function taken(path: string): Fault {
  return new Fault('conflict', path, 'is there already, and a backup replaces nothing');
}
