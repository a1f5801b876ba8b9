import { Fault } from '../../core/fault.ts';
import { parseDecisionLeaf } from '../../ledger/leaf/entry.ts';
import { ArchiveReader } from '../../ledger/record/archive-reader.ts';
import { parseManifest, readRecording } from '../../ledger/record/manifest.ts';
import type { LedgerStore } from '../../ledger/store.ts';
import type { PastDecisions, PastEvidence } from './deps.ts';

type Source = Pick<LedgerStore, 'leafById' | 'blob' | 'record'>;

/** What decisions saw, out of the archive of the ledger. */
export class Past implements PastDecisions {
  readonly #store: Source;

  constructor(store: Source) {
    this.#store = store;
  }

  async evidenceOf(decision: string): Promise<PastEvidence | undefined> {
    const leaf = await this.#store.leafById(decision);
    if (leaf === undefined) return undefined;
    // Not kept from one to the next: it is some hundred KB a machine, and each is asked for once.
    const archive = new ArchiveReader(this.#store);
    const bytes = await archive.read(parseDecisionLeaf(leaf.entry).record);
    if (bytes === undefined) return undefined;
    const manifest = parseManifest(bytes);
    const blobOf = await archive.blobsOf(manifest);
    try {
      const { input } = readRecording(manifest.value, (digest, path) => {
        const blob = blobOf(digest);
        if (blob === undefined) throw new Fault('missing', path, `${digest} is not archived`);
        return blob;
      });
      const { nonce, purpose } = input.expected ?? {};
      if (nonce === undefined || purpose === undefined) return undefined;
      return { bundle: input.bundle, nonce, purpose };
    } catch (error) {
      if (error instanceof Fault && error.code === 'missing') return undefined;
      throw error;
    }
  }
}
