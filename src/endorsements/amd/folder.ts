import { join } from 'node:path';
import { fromUtf8 } from '../../core/bytes/text.ts';
import { parseJson } from '../../core/encoding/json.ts';
import { JsonShape } from '../../core/encoding/json-shape.ts';
import { formatTime } from '../../core/encoding/time.ts';
import { Fault } from '../../core/fault.ts';
import { PRODUCT_LINES, type ProductLine } from '../../evidence/snp/product.ts';
import { namesIn, readSmallFile, writeSafely } from '../files.ts';
import type { Provenance } from '../provenance.ts';
import { inKeptForm } from './document.ts';
import { type AmdKey, amdFileName, amdKeyOfFileName } from './key.ts';

const LARGEST_FILE = 1024 * 1024;

export interface StoredAmdDocument {
  /** As `inKeptForm` gives it; as untrusted as what came over the network. */
  readonly bytes: Uint8Array;
  /** Undefined for a file that somebody put there by hand. */
  readonly provenance: Provenance | undefined;
}

export type AmdFolderEntry = { readonly key: AmdKey; readonly path: string } & (
  | { readonly document: StoredAmdDocument }
  | { readonly fault: Fault }
);

/**
 * AMD's endorsements on disk
 *
 * ```
 * <root>/amd/<milan|genoa|turin>/vcek-<hwid>-<tcb>.der
 *                                vcek-chain.pem  vlek-chain.pem  vcek.crl  vlek.crl
 *                                <any of these>.provenance.json   { "source": "https://…", "fetched_at": "2026-01-01T00:00:00Z" }
 * ```
 *
 * Each file is what AMD's service serves, for any tool to use and to put there. Where it came
 * from stands in a file beside it, which may be missing.
 */
export class AmdFolder {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  pathOf(key: AmdKey): string {
    return join(this.root, 'amd', key.line, amdFileName(key));
  }

  /**
   * @returns undefined when there is no such file.
   * @throws Fault `malformed` for a damaged one, `unreachable` for one that can't be read.
   */
  async read(key: AmdKey): Promise<StoredAmdDocument | undefined> {
    const path = this.pathOf(key);
    const bytes = await readSmallFile(path, LARGEST_FILE);
    if (bytes === undefined) return undefined;
    return { bytes: inKeptForm(key, bytes, path), provenance: await readProvenance(path) };
  }

  /** Resolves once the document survives a power cut. @throws Fault `unreachable`. */
  async write(key: AmdKey, bytes: Uint8Array, { source, fetchedAt }: Provenance): Promise<void> {
    const path = this.pathOf(key);
    await writeSafely(path, bytes);
    const provenance = { source, fetched_at: formatTime(fetchedAt) };
    await writeSafely(provenancePath(path), `${JSON.stringify(provenance)}\n`);
  }

  /**
   * Every document, by product line and file name; a damaged one is an entry with its fault.
   * Files that are not ours are passed over, and so is a folder without any of AMD's.
   *
   * @throws Fault `unreachable`.
   */
  async list(): Promise<readonly AmdFolderEntry[]> {
    const entries: AmdFolderEntry[] = [];
    for (const line of Object.keys(PRODUCT_LINES) as ProductLine[]) {
      for (const name of await namesIn(join(this.root, 'amd', line))) {
        const key = amdKeyOfFileName(line, name);
        const entry = key && (await this.#entry(key));
        if (entry) entries.push(entry);
      }
    }
    return entries;
  }

  async #entry(key: AmdKey): Promise<AmdFolderEntry | undefined> {
    const path = this.pathOf(key);
    try {
      const document = await this.read(key);
      return document && { key, path, document }; // gone between listing and reading: no entry
    } catch (error) {
      if (error instanceof Fault && error.code !== 'internal') return { key, path, fault: error };
      throw error;
    }
  }
}

function provenancePath(path: string): string {
  return `${path}.provenance.json`;
}

async function readProvenance(path: string): Promise<Provenance | undefined> {
  const file = provenancePath(path);
  const bytes = await readSmallFile(file, LARGEST_FILE);
  if (bytes === undefined) return undefined;
  const shape = new JsonShape(parseJson(fromUtf8(bytes, file), file).value, file);
  return { source: shape.string('source'), fetchedAt: shape.time('fetched_at') };
}
