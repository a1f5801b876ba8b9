import { mkdir, mkdtemp, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * Puts a file in place whole or not at all, also across a power cut: written beside, synced,
 * renamed over the old one, and the rename synced too. A reader sees the old or the new content.
 */
export async function writeAtomically(path: string, content: string | Uint8Array): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  // A folder of its own: two writers can't share a temporary file, and no random name is needed.
  const scratch = await mkdtemp(join(folder, '.new-'));
  try {
    const fresh = join(scratch, 'file');
    const file = await open(fresh, 'wx', 0o644);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(fresh, path);
    const directory = await open(folder, 'r');
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
