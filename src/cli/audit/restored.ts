import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fromUtf8 } from '../../core/bytes/text.ts';
import { Fault } from '../../core/fault.ts';
import type { LedgerStore } from '../../ledger/store.ts';
import { formatInstant } from './instants.ts';
import type { LedgerFolder } from './ledger-folder.ts';
import { isThere, readSecret, writeSecret } from './secret-files.ts';

/** The mark of a folder whose database came from a backup, or that a witness contradicted. */
const MARK = 'restored';

interface MarkedLedger {
  readonly folder: LedgerFolder;
  readonly store: Pick<LedgerStore, 'markRestored' | 'restoredAt' | 'unmarkRestored'>;
}

/**
 * Closes a ledger: in PostgreSQL for every folder that shares the database, and for whoever writes
 * it at this moment; in SQLite in the folder, where it is also without its database.
 *
 * @param at milliseconds since the epoch.
 */
export async function markRestored({ folder, store }: MarkedLedger, at: number): Promise<void> {
  if (folder.database === 'postgres') await store.markRestored(at);
  else await markFolder(folder.dir, at);
}

export async function markFolder(dir: string, at: number): Promise<void> {
  const path = join(dir, MARK);
  // A copy that was never cleared and is replaced by another is marked already.
  await rm(path, { force: true });
  await writeSecret(path, `${formatInstant(at)}\n`);
}

/**
 * @param since what {@link restoredAt} said before somebody looked.
 * @throws Fault `conflict` where it was marked again meanwhile.
 */
export async function unmarkRestored({ folder, store }: MarkedLedger, since: string) {
  const at = await store.restoredAt();
  if (at !== undefined) await store.unmarkRestored(Date.parse(since));
  await rm(join(folder.dir, MARK), { force: true });
}

/** @returns when it was brought back; undefined of one that never was, or was cleared since. */
export async function restoredAt({ folder, store }: MarkedLedger): Promise<string | undefined> {
  const at = await store.restoredAt();
  if (at !== undefined) return formatInstant(at);
  const path = join(folder.dir, MARK);
  if (!(await isThere(path))) return undefined;
  return fromUtf8(await readSecret(path), path).trim();
}

/**
 * A copy from a backup may be behind what others have seen, and would then write a second history:
 * it signs nothing before somebody has looked.
 *
 * @throws Fault `conflict`.
 */
export async function wantNotRestored(ledger: MarkedLedger): Promise<void> {
  const fault = await closedFault(ledger);
  if (fault) throw fault;
}

/** @returns why nothing may be signed; undefined where it may. */
export async function closedFault(ledger: MarkedLedger): Promise<Fault | undefined> {
  const at = await restoredAt(ledger);
  if (at === undefined) return undefined;
  return new Fault(
    'conflict',
    ledger.folder.dir,
    `is closed since ${at}: it was brought back from a backup, or a witness contradicted it, and it signs nothing before it is shown that nothing later was published: postern audit resume`,
  );
}
