import { Fault } from '../../core/fault.ts';
import { parseLeaf } from '../../ledger/leaf/entry.ts';
import { firstSeenId } from '../../ledger/leaf/first-seen.ts';
import { Stapler } from '../../ledger/staple.ts';
import type { LedgerStore } from '../../ledger/store.ts';
import type { CertificateProof } from './service.ts';

export type ProofSource = Pick<
  LedgerStore,
  'head' | 'tiles' | 'leafHashes' | 'cosignatures' | 'leafById'
>;

/** For how long a state of the log is good for others as well, in milliseconds. */
const SAME_HEAD = 1000;

/** What the log says of certificates, with the proofs, for whoever meets one. */
export class CertificateProofs {
  readonly #store: ProofSource;
  readonly #now: () => number;
  #latest: { readonly made: Promise<Stapler>; readonly at: number } | undefined;

  constructor(store: ProofSource, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  /** @param sha256 of the certificate, lower-case hex. @throws Fault `missing`. */
  async of(sha256: string): Promise<CertificateProof> {
    const certificate = `sha256:${sha256}`;
    const issued = await this.#store.leafById(firstSeenId('certificate.issued', certificate));
    const leaf = issued && parseLeaf(issued.entry);
    if (issued === undefined || leaf?.type !== 'certificate.issued') throw missing(sha256);
    const decided = await this.#store.leafById(leaf.decision);
    if (leaf.certificate !== certificate || decided === undefined) throw missing(sha256);
    const stapler = await this.#staplerBeyond(Math.max(issued.index, decided.index));
    const [ofIssued, ofDecided] = await Promise.all([
      stapler.proofOf(issued.index),
      stapler.proofOf(decided.index),
    ]);
    return {
      issued: { entry: issued.entry, proof: ofIssued },
      decision: { entry: decided.entry, proof: ofDecided },
    };
  }

  /** Anybody may ask, and opening it verifies the edge of the tree: once a second is enough. */
  async #staplerBeyond(index: number): Promise<Stapler> {
    const { made, at } = this.#latest ?? {};
    if (made && at !== undefined && this.#now() - at < SAME_HEAD) {
      const stapler = await made.catch(() => undefined);
      if (stapler && index < stapler.size) return stapler;
    }
    const fresh = Stapler.open(this.#store);
    this.#latest = { made: fresh, at: this.#now() };
    return fresh;
  }
}

function missing(sha256: string): Fault {
  return new Fault('missing', `certificates[${sha256}]`, 'there is no such certificate');
}
