import { Fault } from '../../core/fault.ts';
import { Memory } from '../../evidence/memory.ts';
import type { Manifest } from '../../ledger/record/manifest.ts';
import type { BlobLookup } from '../../ledger/record/replay.ts';
import type { LedgerStore } from '../../ledger/store.ts';

/** In bytes: a fleet shares its endorsements, and evidence is some hundred KB a machine. */
const REMEMBERED = { entries: 4096, weight: 256 * 1024 * 1024 };

/** What a store has archived, opened once for many records. */
export class ArchiveReader {
  readonly #store: Pick<LedgerStore, 'blob'>;
  readonly #known = new Memory<string, Uint8Array>(REMEMBERED);

  constructor(store: Pick<LedgerStore, 'blob'>) {
    this.#store = store;
  }

  /**
   * @returns undefined where it is not there any more.
   * @throws Fault `malformed` where it can't be opened.
   */
  async read(digest: string): Promise<Uint8Array | undefined> {
    const known = this.#known.get(digest);
    if (known) return known;
    const bytes = await this.#store.blob(digest);
    if (bytes) this.#known.set(digest, bytes, bytes.length);
    return bytes;
  }

  /** All that a record names. What can't be opened is as good as gone, and its own finding. */
  async blobsOf({ blobs }: Pick<Manifest, 'blobs'>): Promise<BlobLookup> {
    const found = new Map<string, Uint8Array>();
    for (const digest of blobs) {
      const bytes = await this.read(digest).catch(orUndefined);
      if (bytes) found.set(digest, bytes);
    }
    return (digest) => found.get(digest);
  }
}

function orUndefined(error: unknown): undefined {
  if (error instanceof Fault && error.code === 'malformed') return undefined;
  throw error;
}
