/**
 * What a client remembers between runs: the highest revision of its policy, the revocations that it
 * has seen, the ledger's last checkpoint and the one that was cosigned last. Who can write to it can
 * make the client forget, and so be shown an older state.
 *
 * A set replaces what the caller has read and nothing else, so that two clients on one memory don't
 * undo each other's progress.
 */
export interface Memory {
  /** @returns undefined where nothing is kept under this key. */
  readonly get: (key: string) => Promise<string | undefined>;
  /**
   * @param before what {@link Memory.get} gave.
   * @returns false, with nothing written, where something else is kept by now.
   */
  readonly set: (key: string, value: string, before: string | undefined) => Promise<boolean>;
}

/** As long as the process lives: each run is a first contact. */
export function memoryInProcess(): Memory {
  const kept = new Map<string, string>();
  return {
    get: async (key) => kept.get(key),
    set: async (key, value, before) => {
      if (kept.get(key) !== before) return false;
      kept.set(key, value);
      return true;
    },
  };
}

/** What is used of `localStorage`. */
export type WebStorage = Pick<Storage, 'getItem' | 'setItem'>;

/** In a browser: `storageMemory(localStorage)`. Any script of the same origin can write to it. */
export function storageMemory(storage: WebStorage, prefix = 'postern:'): Memory {
  const read = (key: string) => storage.getItem(prefix + key) ?? undefined;
  return {
    get: async (key) => read(key),
    set: async (key, value, before) => {
      if (read(key) !== before) return false;
      storage.setItem(prefix + key, value);
      return true;
    },
  };
}

const TRIES = 8;

/**
 * Reads, changes and writes until nobody came between.
 *
 * @param change gives undefined where what is there may stay.
 * @throws whatever `change` throws; an Error where others always came first.
 */
export async function remember(
  memory: Memory,
  key: string,
  change: (before: string | undefined) => Promise<string | undefined>,
): Promise<void> {
  for (let i = 0; i < TRIES; i++) {
    const before = await memory.get(key);
    const after = await change(before);
    if (after === undefined || after === before) return;
    if (await memory.set(key, after, before)) return;
  }
  throw new Error(`the memory of ${key} was written by others ${TRIES} times in a row`);
}
