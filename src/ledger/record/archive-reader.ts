import { Fault } from '../../core/fault.ts';
import { Memory } from '../../evidence/memory.ts';
import type { LedgerStore } from '../store.ts';
import type { Manifest } from './manifest.ts';
import type { BlobLookup } from './replay.ts';

/** In bytes: a fleet shares its endorsements, and evidence is some hundred KB a machine. */
const REMEMBERED = { entries: 4096, weight: 256 * 1024 * 1024 };

/** What a store has archived, opened once for many records. */
export class ArchiveReader {
  readonly #store: Pick<LedgerStore, 'blob'>;
  readonly #known = new Memory<string, Promise<Uint8Array | undefined>>(REMEMBERED);

  constructor(store: Pick<LedgerStore, 'blob'>) {
    this.#store = store;
  }

  /**
   * @returns undefined where it is not there any more.
   * @throws Fault `malformed` where it can't be opened.
   */
  read(digest: string): Promise<Uint8Array | undefined> {
    const known = this.#known.get(digest);
    if (known) return known;
    const reading = this.#read(digest);
    this.#known.set(digest, reading, 0);
    return reading;
  }

  /** Its weight is known once it is there; what is not there, or broken, is asked for again. */
  async #read(digest: string): Promise<Uint8Array | undefined> {
    let bytes: Uint8Array | undefined;
    try {
      bytes = await this.#store.blob(digest);
      return bytes;
    } finally {
      if (bytes) this.#known.set(digest, Promise.resolve(bytes), bytes.length);
      else this.#known.delete(digest);
    }
  }

  /** All that a record names. What can't be opened is as good as gone, and its own finding. */
  async blobsOf({ blobs }: Pick<Manifest, 'blobs'>): Promise<BlobLookup> {
    const read = await Promise.all(blobs.map((digest) => this.read(digest).catch(orUndefined)));
    const found = new Map(blobs.map((digest, i) => [digest, read[i]]));
    return (digest) => found.get(digest);
  }
}

function orUndefined(error: unknown): undefined {
  if (error instanceof Fault && error.code === 'malformed') return undefined;
  throw error;
}
