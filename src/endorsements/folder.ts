import { join } from 'node:path';
import { Fault } from '../core/fault.ts';
import { exists, namesIn, readSmallFile, writeSafely } from './files.ts';
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
    const bytes = await readSmallFile(path, LARGEST_FILE);
    return bytes && parseStoredSet(bytes, path);
  }

  /** Resolves once the set survives a power cut. @throws Fault `unreachable`. */
  async write(key: TdxEndorsementKey, set: StoredTdxSet): Promise<void> {
    await writeSafely(this.pathOf(key), writeStoredSet(set));
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
    const entries: FolderEntry[] = [];
    for (const name of await namesIn(this.#tdx)) {
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
