import { Fault } from '../../core/fault.ts';
import { Shelf, type Shelved } from '../shelf.ts';
import { olderThanHeld } from './arrival.ts';
import type { VerifiedNvidiaDocument } from './document.ts';
import type { NvidiaFolder } from './folder.ts';
import { judgeNvidia, type NvidiaJudge } from './judge.ts';
import { type NvidiaWant, wantName } from './want.ts';

export interface HeldNvidia {
  /** Verified, but perhaps out of date. */
  readonly document: VerifiedNvidiaDocument | undefined;
  readonly from: 'memory' | 'folder';
  readonly warnings: readonly string[];
}

/** In bytes; a manifest is 25 KB. What falls out is in the folder still, if there is one. */
const MEMORY = { entries: 16_384, weight: 64 * 1024 * 1024 };

/** The documents that we have: in memory, and in a folder where there is one. */
export class NvidiaHoldings {
  readonly #folder: NvidiaFolder | undefined;
  readonly #shelf: Shelf<NvidiaWant, VerifiedNvidiaDocument>;

  constructor(folder: NvidiaFolder | undefined, limits = MEMORY) {
    this.#folder = folder;
    this.#shelf = new Shelf(limits);
  }

  inMemory(want: NvidiaWant): VerifiedNvidiaDocument | undefined {
    return this.#shelf.get(wantName(want));
  }

  /** What is in memory, unless somebody has changed the folder since. */
  async settled(want: NvidiaWant): Promise<VerifiedNvidiaDocument | undefined> {
    const held = this.inMemory(want);
    if (held === undefined || this.#folder === undefined) return held;
    const same = await this.#shelf.isSameFile(wantName(want), this.#folder.pathOf(want));
    return same ? held : undefined;
  }

  /** Somebody asked for it. */
  use(want: NvidiaWant, at: number): void {
    this.#shelf.use(wantName(want), at);
  }

  /** All that is in memory. */
  shelved(): readonly Shelved<NvidiaWant, VerifiedNvidiaDocument>[] {
    return this.#shelf.all();
  }

  /** Never goes back: a refresh may have ended while this document was being read. */
  remember(want: NvidiaWant, document: VerifiedNvidiaDocument): void {
    const held = this.inMemory(want);
    if (held !== undefined && olderThanHeld(document.facts, held.facts)) return;
    this.#shelf.put(wantName(want), want, document, document.bytes.length);
  }

  /** The newest that is not refused; what the folder holds is verified again. */
  async newest(want: NvidiaWant, judge: NvidiaJudge): Promise<HeldNvidia> {
    const stored = await this.inFolder(want, judge);
    const memory = this.inMemory(want);
    if (memory === undefined) return stored;
    // Another process may have put a newer one into the folder, or an operator an older one.
    const older =
      stored.document === undefined ||
      olderThanHeld(stored.document.facts, memory.facts) !== undefined;
    return older ? { document: memory, from: 'memory', warnings: stored.warnings } : stored;
  }

  /** @returns why the folder could not take it: a full disk must not cost the caller the document. */
  async keep(want: NvidiaWant, document: VerifiedNvidiaDocument): Promise<Fault | undefined> {
    this.remember(want, document);
    try {
      if (this.#folder === undefined) return undefined;
      await this.#folder.write(want, document);
      await this.#shelf.noteFile(wantName(want), this.#folder.pathOf(want));
      return undefined;
    } catch (error) {
      if (error instanceof Fault && error.code === 'unreachable') return error;
      throw error;
    }
  }

  /** What the folder alone holds, verified again; nothing of what is refused. */
  async inFolder(want: NvidiaWant, judge: NvidiaJudge): Promise<HeldNvidia> {
    const nothing = (...warnings: string[]): HeldNvidia => {
      return { document: undefined, from: 'folder', warnings };
    };
    if (this.#folder === undefined) return nothing();
    await this.#shelf.noteFile(wantName(want), this.#folder.pathOf(want));
    try {
      const stored = await this.#folder.read(want);
      if (stored === undefined) return nothing();
      const judged = judgeNvidia(want, stored, judge);
      if (judged.state === 'refused') {
        return nothing(`${this.#folder.pathOf(want)}: passed over: ${judged.because}`);
      }
      return { document: { ...stored, facts: judged.facts }, from: 'folder', warnings: [] };
    } catch (error) {
      if (!(error instanceof Fault) || error.code === 'internal') throw error;
      return nothing(`${error.message}; passed over`);
    }
  }
}
