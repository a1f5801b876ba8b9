import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../core/fault.ts';
import { usage } from './io.ts';

/** More than a folder of bundles has by intention. */
export const PATH_LIMITS = { files: 4096, depth: 8 } as const;

/**
 * The bundles that operands name: a file stands for itself, a folder for every `.json` file in it
 * and below, sorted. Links are not followed, so that none leads around in a circle.
 *
 * @throws Fault `usage` above the limits, `unreachable` for a folder that can't be read.
 */
export async function bundlePaths(
  operands: readonly string[],
  limits: { readonly files: number; readonly depth: number } = PATH_LIMITS,
): Promise<readonly string[]> {
  const paths: string[] = [];
  const add = (path: string) => {
    if (paths.length >= limits.files) throw usage(`more than ${limits.files} bundles`);
    paths.push(path);
  };
  const walk = async (folder: string, depth: number): Promise<void> => {
    if (depth > limits.depth) throw usage(`${folder}: more than ${limits.depth} folders deep`);
    for (const entry of await entriesOf(folder)) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) await walk(path, depth + 1);
      else if (entry.isFile() && entry.name.endsWith('.json')) add(path);
    }
  };
  for (const operand of operands) {
    if (await isFolder(operand)) await walk(operand, 1);
    else add(operand);
  }
  return paths;
}

/** What is not there is no folder: reading it says so. */
async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function entriesOf(folder: string): Promise<readonly Dirent[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (cause) {
    throw new Fault('unreachable', folder, 'can’t be read', { cause });
  }
}
