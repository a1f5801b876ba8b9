import { chmod, copyFile, open, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Fault } from '../../core/fault.ts';
import type { LedgerStore, LogHead, StoreFault } from '../../ledger/store.ts';
import { readOwnCheckpoint } from '../../ledger/writer/identity.ts';
import { openStore } from '../../store/open.ts';
import { syncFolder } from '../../store/sqlite-file.ts';
import { type Io, usage, warn } from '../io.ts';
import { printJson } from '../render.ts';
import type { Verb } from '../verb.ts';
import { visible } from '../visible.ts';
import { formatInstant } from './instants.ts';
import {
  LAYOUT,
  type LedgerFolder,
  readArchiveKey,
  readIdentity,
  readLedgerFolder,
} from './ledger-folder.ts';
import { openLedger } from './open-ledger.ts';
import { markFolder, markRestored } from './restored.ts';
import { diskFault, isThere } from './secret-files.ts';

export const auditBackupVerb: Verb = {
  name: 'audit backup',
  summary: 'Copy a ledger’s database as of one moment into a new file, while it goes on.',
  operands: '<dir> <file>',
  arity: { min: 2, max: 2 },
  options: {},
  notes: [
    'The archive in it stays sealed. The folder’s keys are not in it: keep copies of them elsewhere, once. A ledger in PostgreSQL is backed up by PostgreSQL’s own tools.',
  ],
  run: async (io, args) => {
    const [dir, file] = [args.operand(0), args.operand(1)];
    const ledger = await openLedger(io, dir, 'this');
    try {
      if (await isThere(file))
        throw usage(`${file} is there already, and a backup replaces nothing`);
      await ledger.store.backup(file);
      const { origin } = ledger.identity;
      if (args.has('json')) printJson(io, { origin, file });
      else io.out(`${visible(origin)}: its database is backed up in ${visible(file)}\n`);
      return 0;
    } finally {
      await ledger.close();
    }
  },
};

export const auditRestoreVerb: Verb = {
  name: 'audit restore',
  summary: 'Bring a ledger’s database back from a backup. It signs nothing before audit resume.',
  operands: '[<file>] <dir>',
  arity: { min: 1, max: 2 },
  options: {},
  notes: [
    `With the backup of a ledger in SQLite, the folder must have ${LAYOUT.config} and ${LAYOUT.keys}, and no ${LAYOUT.database}: move a damaged one away first. The backup must be of the same log; all of it is read, and damage is said: it may be the only one, and is brought back all the same.`,
    'A ledger in PostgreSQL is brought back by PostgreSQL’s own tools, with all its gateways stopped: then name its folder alone, before any of them is started. That marks the database: no gateway that shares it signs, and one that still runs ends.',
    'What was published or witnessed after the backup was made is gone from the database, and others have it: a log that went on from the backup would be another history under the same name. So the ledger can be read at once, and written only after postern audit resume.',
  ],
  run: async (io, args) => {
    const [dir = '', file] = args.operands.toReversed();
    const folder = await readLedgerFolder(dir);
    const at = io.now();
    const { size, damage } = await (folder.database === 'sqlite'
      ? restoreFile(folder, file, at)
      : markDatabase(io, folder, file, at));
    if (damage !== undefined) {
      warn(
        io,
        `${file}: came back with damage: ${damage}; postern audit fsck ${dir} says what else is damaged`,
      );
    }
    const { origin } = folder;
    if (args.has('json'))
      printJson(io, {
        origin,
        size,
        restoredAt: formatInstant(at),
        ...(damage !== undefined && { damage }),
      });
    else {
      const leaves = size === 1 ? '1 leaf is back' : `${size} leaves are back`;
      io.out(`${visible(origin)}: ${leaves}; before it signs again: postern audit resume\n`);
    }
    return 0;
  },
};

interface Restored {
  /** How many leaves are back. */
  readonly size: number;
  /** Where the first of it is, and what. */
  readonly damage?: string;
}

async function restoreFile(
  folder: LedgerFolder,
  file: string | undefined,
  at: number,
): Promise<Restored> {
  const { dir } = folder;
  if (file === undefined) throw usage(`${dir}: its ledger is in SQLite: name the backup before it`);
  const place = join(dir, LAYOUT.database);
  for (const name of [place, `${place}-wal`]) {
    if (await isThere(name)) throw usage(`${name} is there: move it away first`);
  }
  const identity = await readIdentity(folder);
  const archiveKey = await readArchiveKey(folder);
  return withCopy(file, `${place}.restoring`, async (copy) => {
    const { head, damage } = await headOf(copy, archiveKey, file);
    readOwnCheckpoint(identity, head.checkpoint, file);
    // Before the database: from here on nothing is signed.
    await markFolder(dir, at);
    await rename(copy, place);
    syncRenamed(dir, place);
    return { size: head.size, ...(damage !== undefined && { damage }) };
  });
}

async function markDatabase(
  io: Io,
  { dir }: LedgerFolder,
  file: string | undefined,
  at: number,
): Promise<Restored> {
  if (file !== undefined) {
    throw usage(
      `${dir}: its ledger is in PostgreSQL, which restores it itself: once it has, postern audit restore ${dir}`,
    );
  }
  const ledger = await openLedger(io, dir, 'this');
  try {
    const head = await ledger.store.head();
    if (head === undefined) throw new Fault('malformed', 'DATABASE_URL', 'has no log');
    readOwnCheckpoint(ledger.identity, head.checkpoint, 'DATABASE_URL');
    await markRestored(ledger, at);
    return { size: head.size };
  } finally {
    await ledger.close();
  }
}

/** Copies the backup beside where it goes, for nobody else to read; nothing of it stays when `act` fails. */
async function withCopy<T>(
  file: string,
  copy: string,
  act: (copy: string) => Promise<T>,
): Promise<T> {
  try {
    try {
      await copyFile(file, copy);
      await chmod(copy, 0o600);
      const handle = await open(copy, 'r+');
      await handle.sync().finally(() => handle.close());
    } catch (cause) {
      throw diskFault(file, 'copied', cause);
    }
    return await act(copy);
  } finally {
    for (const end of ['', '-wal', '-shm']) await rm(`${copy}${end}`, { force: true });
  }
}

function syncRenamed(dir: string, place: string): void {
  try {
    syncFolder(dir);
  } catch (cause) {
    throw diskFault(place, 'synced', cause);
  }
}

/** @throws Fault at the backup, also for what concerns its copy. */
async function headOf(
  copy: string,
  archiveKey: Uint8Array,
  file: string,
): Promise<{ readonly head: LogHead; readonly damage: string | undefined }> {
  try {
    const store = await openStore({ file: copy, archiveKey, thread: 'this' });
    try {
      const head = await store.head();
      if (head !== undefined) {
        const fault = await firstFault(store);
        return { head, damage: fault && damageText(fault, resolve(copy)) };
      }
    } finally {
      await store.close();
    }
  } catch (error) {
    if (!(error instanceof Fault) || error.code === 'internal') throw error;
    throw new Fault(error.code, file, error.detail, { cause: error });
  }
  throw new Fault('malformed', file, 'is the backup of no ledger');
}

async function firstFault(store: LedgerStore): Promise<StoreFault | undefined> {
  try {
    return (await store.faults())[0];
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'malformed') throw error;
    return { at: error.at, problem: error.detail };
  }
}

function damageText({ at, problem }: StoreFault, copy: string): string {
  return at === copy ? problem : `${at}: ${problem}`;
}
