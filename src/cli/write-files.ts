import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../core/fault.ts';

/**
 * Writes files into a folder, which is made when it is not there.
 *
 * @throws Fault `unreachable` at the folder, or at the file in it.
 */
export async function writeFiles(
  dir: string,
  files: Readonly<Record<string, Uint8Array>>,
): Promise<void> {
  let path = dir;
  try {
    await mkdir(dir, { recursive: true });
    for (const [file, bytes] of Object.entries(files)) {
      path = join(dir, file);
      await writeFile(path, bytes);
    }
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new Fault('unreachable', path, `can’t be written (${reason})`, { cause });
  }
}
