import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fromUtf8 } from '../../core/bytes/text.ts';
import { Fault } from '../../core/fault.ts';
import { isThere, readSecret, writeSecret } from './secret-files.ts';

/** The mark of a folder whose database came from a backup, or that a witness contradicted. */
const MARK = 'restored';

export async function markRestored(dir: string, at: string): Promise<void> {
  const path = join(dir, MARK);
  // A copy that was never cleared and is replaced by another is marked already.
  await rm(path, { force: true });
  await writeSecret(path, `${at}\n`);
}

export async function unmarkRestored(dir: string): Promise<void> {
  await rm(join(dir, MARK), { force: true });
}

/** @returns when it was brought back; undefined of one that never was, or was cleared since. */
export async function restoredAt(dir: string): Promise<string | undefined> {
  const path = join(dir, MARK);
  if (!(await isThere(path))) return undefined;
  return fromUtf8(await readSecret(path), path).trim();
}

/**
 * A copy from a backup may be behind what others have seen, and would then write a second history:
 * it signs nothing before somebody has looked.
 *
 * @throws Fault `conflict`.
 */
export async function wantNotRestored(dir: string): Promise<void> {
  const at = await restoredAt(dir);
  if (at === undefined) return;
  throw new Fault(
    'conflict',
    dir,
    `is closed since ${at}: it was brought back from a backup, or a witness contradicted it, and it signs nothing before it is shown that nothing later was published: postern audit resume`,
  );
}
