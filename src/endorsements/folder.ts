import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault, malformed } from '../core/fault.ts';
import { writeAtomically } from './atomic-write.ts';
import { type TdxEndorsementKey, tdxFileName, tdxKeyOfFileName } from './intel/key.ts';
import { parseStoredSet, type StoredTdxSet, writeStoredSet } from './intel/stored.ts';

/** Two CRLs of the largest size that we fetch, as hex, with room for the rest. */
const LARGEST_FILE = 20 * 1024 * 1024;

export type FolderEntry = {
  readonly key: TdxEndorsementKey;
  readonly path: string;
} & ({ readonly set: StoredTdxSet } | { readonly fault: Fault });

/**
 * Endorsements on disk: `<root>/intel/tdx/<fmspc>-<platform|processor>.<standard|early|N>.json`.
 *
 * It can be copied to a machine without a network. What is read from it is as untrusted as
 * what came over the network: callers verify it again.
 */
export class EndorsementFolder {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  pathOf(key: TdxEndorsementKey): string {
    return join(this.#tdx, tdxFileName(key));
  }

  /**
   * @returns undefined when there is no such file.
   * @throws Fault `malformed` for a damaged one, `unreachable` for one that can't be read.
   */
  async read(key: TdxEndorsementKey): Promise<StoredTdxSet | undefined> {
    const path = this.pathOf(key);
    const bytes = await readSmallFile(path);
    return bytes && parseStoredSet(bytes, path);
  }

  /** Resolves once the set survives a power cut. @throws Fault `unreachable`. */
  async write(key: TdxEndorsementKey, set: StoredTdxSet): Promise<void> {
    const path = this.pathOf(key);
    await writeAtomically(path, writeStoredSet(set)).catch((cause: unknown) => {
      throw unreachable(path, 'can’t be written', cause);
    });
  }

  /**
   * Every set, in the order of file names; a damaged file is an entry with its fault, and
   * does not hide the others. Files that are not ours are passed over.
   *
   * @throws Fault `unreachable` when the folder itself does not exist: an empty list would
   * make a mistyped path look like an empty folder.
   */
  async list(): Promise<readonly FolderEntry[]> {
    if (!(await exists(this.root))) throw new Fault('unreachable', this.root, 'no such folder');
    const names = (await exists(this.#tdx)) ? await readdir(this.#tdx) : [];
    const entries: FolderEntry[] = [];
    for (const name of names.sort()) {
      const key = tdxKeyOfFileName(name);
      const entry = key && (await this.#entry(key));
      if (entry) entries.push(entry);
    }
    return entries;
  }

  get #tdx(): string {
    return join(this.root, 'intel', 'tdx');
  }

  async #entry(key: TdxEndorsementKey): Promise<FolderEntry | undefined> {
    const path = this.pathOf(key);
    try {
      const set = await this.read(key);
      return set && { key, path, set }; // gone between listing and reading: no entry
    } catch (error) {
      if (error instanceof Fault && error.code !== 'internal') return { key, path, fault: error };
      throw error;
    }
  }
}

async function readSmallFile(path: string): Promise<Uint8Array | undefined> {
  try {
    const { size } = await stat(path);
    if (size > LARGEST_FILE) throw malformed(path, `${size} bytes, want at most ${LARGEST_FILE}`);
    return await readFile(path);
  } catch (error) {
    if (error instanceof Fault) throw error;
    if (isMissing(error)) return undefined;
    throw unreachable(path, 'can’t be read', error);
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw unreachable(path, 'can’t be read', error);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function unreachable(path: string, problem: string, cause: unknown): Fault {
  const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
  return new Fault('unreachable', path, `${problem}${code}`, { cause });
}
