import { fromUtf8 } from '../../core/bytes/text.ts';
import { Fault } from '../../core/fault.ts';
import { parseLeaf } from '../../ledger/leaf/entry.ts';
import type { DecisionLeaf } from '../../ledger/leaf/leaf.ts';
import { ArchiveReader } from '../../ledger/record/archive-reader.ts';
import { writeExport } from '../../ledger/record/export.ts';
import { parseManifest } from '../../ledger/record/manifest.ts';
import { Stapler } from '../../ledger/staple.ts';
import type { LedgerStore, StoredLeaf } from '../../ledger/store.ts';
import type { DecisionRecord } from './service.ts';
import type { FleetStore } from './store.ts';

export type DecisionSource = Pick<
  LedgerStore,
  'head' | 'tiles' | 'leafHashes' | 'cosignatures' | 'leafById' | 'blob' | 'record'
> &
  Pick<FleetStore, 'nodeOfDecision'>;

/** Past decisions, for whoever may ask about them. */
export class Decisions {
  readonly #store: DecisionSource;
  readonly #origin: string;

  /** @param origin of the log. */
  constructor(store: DecisionSource, origin: string) {
    this.#store = store;
    this.#origin = origin;
  }

  async decision(id: string): Promise<DecisionRecord> {
    const { stored, leaf } = await this.#leaf(id);
    const [node, row] = await Promise.all([this.#store.nodeOfDecision(id), this.#store.record(id)]);
    return {
      id,
      ...(node !== undefined && { node }),
      at: leaf.at,
      verdict: leaf.verdict,
      authentic: leaf.authentic,
      codes: leaf.codes,
      ...(leaf.policy && { policy: leaf.policy }),
      leaf: { origin: this.#origin, index: stored.index },
      ...(row?.forgotten && { forgotten: row.forgotten.reason }),
    };
  }

  /** The tlog-proof of the last signed state. */
  async proof(id: string): Promise<Uint8Array> {
    const { stored } = await this.#leaf(id);
    return this.#proofOf(stored);
  }

  async export(id: string): Promise<Uint8Array> {
    const { stored, leaf } = await this.#leaf(id);
    const row = await this.#store.record(id);
    const archive = new ArchiveReader(this.#store);
    const manifest = row?.forgotten === undefined ? await archive.read(leaf.record) : undefined;
    if (manifest === undefined) {
      const why = row?.forgotten?.reason ?? 'it is not archived';
      throw new Fault('missing', `decisions[${id}]`, `what it saw is gone: ${why}`);
    }
    const blobOf = await archive.blobsOf(parseManifest(manifest));
    const proof = fromUtf8(await this.#proofOf(stored), 'proof');
    const { index, entry } = stored;
    return writeExport({ index, entry, proof, manifest }, blobOf);
  }

  async #proofOf({ index }: StoredLeaf): Promise<Uint8Array> {
    return (await Stapler.open(this.#store)).proofOf(index);
  }

  async #leaf(id: string): Promise<{ readonly stored: StoredLeaf; readonly leaf: DecisionLeaf }> {
    const stored = await this.#store.leafById(id);
    const leaf = stored && parseLeaf(stored.entry);
    if (stored === undefined || leaf?.type !== 'decision') {
      throw new Fault('missing', `decisions[${id}]`, 'there is no such decision');
    }
    return { stored, leaf };
  }
}
