import { Memory, type MemoryLimits } from '../evidence/memory.ts';
import { stampOf } from './files.ts';

/** A document in memory. */
export interface Shelved<Key, Document> {
  readonly key: Key;
  readonly document: Document;
  /** When it was last asked for, in milliseconds since the epoch; undefined: never since it came. */
  usedAt: number | undefined;
}

/**
 * Documents in memory by name, the least recently used forgotten first. Beside each stands which
 * file it was last held against: another process may write that one at any time.
 */
export class Shelf<Key, Document> {
  readonly #documents: Memory<string, Shelved<Key, Document>>;
  readonly #stamps: Memory<string, string>;

  constructor(limits: MemoryLimits) {
    this.#documents = new Memory(limits);
    this.#stamps = new Memory({ entries: limits.entries, weight: limits.entries });
  }

  get(name: string): Document | undefined {
    return this.#documents.get(name)?.document;
  }

  put(name: string, key: Key, document: Document, weight: number): void {
    const usedAt = this.#documents.get(name)?.usedAt;
    this.#documents.set(name, { key, document, usedAt }, weight);
  }

  /** Somebody asked for it; whoever asks for an earlier instant takes nothing back. */
  use(name: string, at: number): void {
    const shelved = this.#documents.get(name);
    if (shelved !== undefined) shelved.usedAt = Math.max(at, shelved.usedAt ?? at);
  }

  all(): readonly Shelved<Key, Document>[] {
    return this.#documents.values();
  }

  /** To be called before the file is read: what is written meanwhile shall be noticed. */
  async noteFile(name: string, path: string): Promise<void> {
    const stamp = await stampOf(path);
    if (stamp === undefined) this.#stamps.delete(name);
    else this.#stamps.set(name, stamp, 1);
  }

  /** Whether the file is the one that was noted. */
  async isSameFile(name: string, path: string): Promise<boolean> {
    const noted = this.#stamps.get(name);
    return noted !== undefined && noted === (await stampOf(path));
  }
}
