import { Fault } from '../../core/fault.ts';
import type { TrustAnchor } from '../../core/x509/anchors.ts';
import type { EndorsementFolder } from '../folder.ts';
import { Shelf, type Shelved } from '../shelf.ts';
import type { VerifiedTdxSet } from './arrival.ts';
import { judgeTdxCollateral } from './judge.ts';
import { type TdxEndorsementKey, tdxFileName } from './key.ts';
import { olderThanHeld } from './rollback.ts';

export interface Held {
  /** Verified, but perhaps out of date. */
  readonly set: VerifiedTdxSet | undefined;
  readonly from: 'memory' | 'folder';
  readonly warnings: readonly string[];
}

/** In characters; a set takes some 30,000, and a platform’s revocation list can take a million. */
const MEMORY = { entries: 4096, weight: 64 * 1024 * 1024 };

/** The sets that we have: in memory, and in a folder where there is one. */
export class TdxHoldings {
  readonly #anchors: readonly TrustAnchor[];
  readonly #folder: EndorsementFolder | undefined;
  readonly #shelf: Shelf<TdxEndorsementKey, VerifiedTdxSet>;

  constructor(
    anchors: readonly TrustAnchor[],
    folder: EndorsementFolder | undefined,
    limits = MEMORY,
  ) {
    this.#anchors = anchors;
    this.#folder = folder;
    this.#shelf = new Shelf(limits);
  }

  inMemory(key: TdxEndorsementKey): VerifiedTdxSet | undefined {
    return this.#shelf.get(tdxFileName(key));
  }

  /** What is in memory, unless somebody has changed the folder since. */
  async settled(key: TdxEndorsementKey): Promise<VerifiedTdxSet | undefined> {
    const held = this.inMemory(key);
    if (held === undefined || this.#folder === undefined) return held;
    const same = await this.#shelf.isSameFile(tdxFileName(key), this.#folder.pathOf(key));
    return same ? held : undefined;
  }

  /** Somebody asked for it. */
  use(key: TdxEndorsementKey, at: number): void {
    this.#shelf.use(tdxFileName(key), at);
  }

  /** All that is in memory. */
  shelved(): readonly Shelved<TdxEndorsementKey, VerifiedTdxSet>[] {
    return this.#shelf.all();
  }

  /** Never goes back: a refresh may have ended while this set was being read. */
  remember(key: TdxEndorsementKey, set: VerifiedTdxSet): void {
    const held = this.inMemory(key);
    if (held !== undefined && olderThanHeld(set.facts, held.facts).length > 0) return;
    this.#shelf.put(tdxFileName(key), key, set, weightOf(set));
  }

  /** The newest set that is not refused; what the folder holds is verified again. */
  async newest(key: TdxEndorsementKey, now: number): Promise<Held> {
    const stored = await this.inFolder(key, now);
    const memory = this.inMemory(key);
    if (memory === undefined) return stored;
    // Another process may have put a newer set into the folder, or an operator an older one.
    if (stored.set === undefined || olderThanHeld(stored.set.facts, memory.facts).length > 0) {
      return { set: memory, from: 'memory', warnings: stored.warnings };
    }
    return stored;
  }

  /** @returns why the folder could not take it: a full disk must not cost the caller the set. */
  async keep(key: TdxEndorsementKey, set: VerifiedTdxSet): Promise<Fault | undefined> {
    this.remember(key, set);
    const { collateral, provenance } = set;
    try {
      if (this.#folder === undefined) return undefined;
      await this.#folder.write(key, { collateral, provenance });
      await this.#shelf.noteFile(tdxFileName(key), this.#folder.pathOf(key));
      return undefined;
    } catch (error) {
      if (error instanceof Fault && error.code === 'unreachable') return error;
      throw error;
    }
  }

  /** What the folder alone holds, verified again for an instant; nothing of what is refused. */
  async inFolder(key: TdxEndorsementKey, now: number): Promise<Held> {
    const nothing = (...warnings: string[]): Held => ({ set: undefined, from: 'folder', warnings });
    if (this.#folder === undefined) return nothing();
    await this.#shelf.noteFile(tdxFileName(key), this.#folder.pathOf(key));
    try {
      const stored = await this.#folder.read(key);
      if (stored === undefined) return nothing();
      const judged = judgeTdxCollateral(key, stored.collateral, this.#anchors, now);
      if (judged.state === 'refused') {
        return nothing(`${this.#folder.pathOf(key)}: passed over: ${judged.because}`);
      }
      return { set: { ...stored, facts: judged.facts }, from: 'folder', warnings: [] };
    } catch (error) {
      if (!(error instanceof Fault) || error.code === 'internal') throw error;
      return nothing(`${error.message}; passed over`);
    }
  }
}

function weightOf({ collateral }: VerifiedTdxSet): number {
  return Object.values(collateral).reduce((sum, text) => sum + text.length, 0);
}
