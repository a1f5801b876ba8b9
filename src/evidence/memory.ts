export interface MemoryLimits {
  readonly entries: number;
  /** In the unit of the weights that entries are given. */
  readonly weight: number;
}

interface Entry<Value> {
  readonly value: Value;
  readonly weight: number;
}

/**
 * A map that forgets its least recently used entries. Keys and values come from strangers:
 * both their number and their size are bounded.
 */
export class Memory<Key, Value> {
  readonly #limits: MemoryLimits;
  readonly #entries = new Map<Key, Entry<Value>>();
  #weight = 0;

  constructor(limits: MemoryLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#entries.size;
  }

  get weight(): number {
    return this.#weight;
  }

  /** Least recently used first; looking does not count as use. */
  values(): readonly Value[] {
    return [...this.#entries.values()].map(({ value }) => value);
  }

  get(key: Key): Value | undefined {
    const held = this.#entries.get(key);
    if (held === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, held);
    return held.value;
  }

  set(key: Key, value: Value, weight: number): void {
    this.#forget(key);
    this.#entries.set(key, { value, weight });
    this.#weight += weight;
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#limits.entries && this.#weight <= this.#limits.weight) return;
      this.#forget(oldest);
    }
  }

  delete(key: Key): void {
    this.#forget(key);
  }

  #forget(key: Key): void {
    this.#weight -= this.#entries.get(key)?.weight ?? 0;
    this.#entries.delete(key);
  }
}
