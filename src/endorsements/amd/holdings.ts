import { Fault } from '../../core/fault.ts';
import { Shelf, type Shelved } from '../shelf.ts';
import { olderThanHeld, type VerifiedAmdDocument } from './arrival.ts';
import type { AmdFolder } from './folder.ts';
import { type Judge, judgeAmd } from './judge.ts';
import { type AmdKey, amdKeyName } from './key.ts';

export interface HeldAmd {
  /** Verified, but perhaps out of date. */
  readonly document: VerifiedAmdDocument | undefined;
  readonly from: 'memory' | 'folder';
  readonly warnings: readonly string[];
}

/** In bytes; a certificate is some 1.5 KB. What falls out is in the folder still, if there is one. */
const MEMORY = { entries: 8192, weight: 32 * 1024 * 1024 };

/** The documents that we have: in memory, and in a folder where there is one. */
export class AmdHoldings {
  readonly #folder: AmdFolder | undefined;
  readonly #shelf: Shelf<AmdKey, VerifiedAmdDocument>;

  constructor(folder: AmdFolder | undefined, limits = MEMORY) {
    this.#folder = folder;
    this.#shelf = new Shelf(limits);
  }

  inMemory(key: AmdKey): VerifiedAmdDocument | undefined {
    return this.#shelf.get(amdKeyName(key));
  }

  /** What is in memory, unless somebody has changed the folder since. */
  async settled(key: AmdKey): Promise<VerifiedAmdDocument | undefined> {
    const held = this.inMemory(key);
    if (held === undefined || this.#folder === undefined) return held;
    const same = await this.#shelf.isSameFile(amdKeyName(key), this.#folder.pathOf(key));
    return same ? held : undefined;
  }

  /** Somebody asked for it. */
  use(key: AmdKey, at: number): void {
    this.#shelf.use(amdKeyName(key), at);
  }

  /** All that is in memory. */
  shelved(): readonly Shelved<AmdKey, VerifiedAmdDocument>[] {
    return this.#shelf.all();
  }

  /** Never goes back: a refresh may have ended while this document was being read. */
  remember(key: AmdKey, document: VerifiedAmdDocument): void {
    const held = this.inMemory(key);
    if (held !== undefined && olderThanHeld(key, document.validity, held.validity)) return;
    this.#shelf.put(amdKeyName(key), key, document, document.bytes.length);
  }

  /** The newest that is not refused; what the folder holds is verified again. */
  async newest(key: AmdKey, judge: Judge): Promise<HeldAmd> {
    const stored = await this.inFolder(key, judge);
    const memory = this.inMemory(key);
    if (memory === undefined) return stored;
    // Another process may have put a newer one into the folder, or an operator an older one.
    const older =
      stored.document === undefined ||
      olderThanHeld(key, stored.document.validity, memory.validity) !== undefined;
    return older ? { document: memory, from: 'memory', warnings: stored.warnings } : stored;
  }

  /** @returns why the folder could not take it: a full disk must not cost the caller the document. */
  async keep(key: AmdKey, document: VerifiedAmdDocument): Promise<Fault | undefined> {
    this.remember(key, document);
    const { bytes, provenance } = document;
    if (provenance === undefined || this.#folder === undefined) return undefined;
    try {
      await this.#folder.write(key, bytes, provenance);
      await this.#shelf.noteFile(amdKeyName(key), this.#folder.pathOf(key));
      return undefined;
    } catch (error) {
      if (error instanceof Fault && error.code === 'unreachable') return error;
      throw error;
    }
  }

  /** What the folder alone holds, verified again; nothing of what is refused. */
  async inFolder(key: AmdKey, judge: Judge): Promise<HeldAmd> {
    const nothing = (...warnings: string[]): HeldAmd => {
      return { document: undefined, from: 'folder', warnings };
    };
    if (this.#folder === undefined) return nothing();
    await this.#shelf.noteFile(amdKeyName(key), this.#folder.pathOf(key));
    try {
      const stored = await this.#folder.read(key);
      if (stored === undefined) return nothing();
      const judged = judgeAmd(key, stored.bytes, judge);
      if (judged.state === 'refused') {
        return nothing(`${this.#folder.pathOf(key)}: passed over: ${judged.because}`);
      }
      const { validity } = judged;
      return { document: { ...stored, validity }, from: 'folder', warnings: [] };
    } catch (error) {
      if (!(error instanceof Fault) || error.code === 'internal') throw error;
      return nothing(`${error.message}; passed over`);
    }
  }
}
