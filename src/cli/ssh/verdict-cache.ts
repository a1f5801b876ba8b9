import { createHash, randomUUID } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson } from '../../core/encoding/json.ts';
import { JsonShape } from '../../core/encoding/json-shape.ts';
import { usage } from '../io.ts';

/** What came of one verification, for one host under one set of options. */
export type CachedVerdict =
  | {
      readonly node: string;
      /** `<algorithm> <base64>`, each. */
      readonly keys: readonly string[];
      /** Milliseconds since the epoch, all. */
      readonly at: number;
      readonly until: number;
    }
  | {
      readonly refused: string;
      readonly exit: number;
      readonly at: number;
      readonly until: number;
    };

/** A refusal is for one connection, which is over by then. */
export const REFUSED_FOR = 2 * 60_000;
const MOST_FILES = 512;
const LATEST = Number.MAX_SAFE_INTEGER;

/**
 * Verdicts of a moment ago, in a folder that is its owner’s alone: files that are written whole or
 * not at all. What is there and can’t be read as one counts for nothing.
 */
export class VerdictCache {
  readonly #dir: string;
  readonly #now: () => number;

  private constructor(dir: string, now: () => number) {
    this.#dir = dir;
    this.#now = now;
  }

  /** @throws Fault `usage` for a folder that others may write to, or that is somebody else’s. */
  static async open(dir: string, now: () => number): Promise<VerdictCache> {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const found = await lstat(dir);
    const own = process.getuid?.();
    if (!found.isDirectory() || (own !== undefined && found.uid !== own) || found.mode & 0o077) {
      throw usage(`${dir} has to be a folder of yours that nobody else may enter (mode 700)`);
    }
    return new VerdictCache(dir, now);
  }

  /** @returns undefined for none, or one that is over, or of a time to come. */
  async get(key: string): Promise<CachedVerdict | undefined> {
    const text = await readFile(this.#file(key), 'utf8').catch(() => undefined);
    const verdict = text === undefined ? undefined : parseVerdict(text);
    const now = this.#now();
    return verdict && verdict.at <= now && now < verdict.until ? verdict : undefined;
  }

  async set(key: string, verdict: CachedVerdict): Promise<void> {
    await this.#sweep();
    const beside = join(this.#dir, `.${randomUUID()}`);
    await writeFile(beside, JSON.stringify(verdict), { mode: 0o600, flag: 'wx' });
    await rename(beside, this.#file(key));
  }

  /** Those that are over; all, where somebody connects to very many hosts. */
  async #sweep(): Promise<void> {
    const names = await readdir(this.#dir);
    for (const name of names) {
      const file = join(this.#dir, name);
      const text = await readFile(file, 'utf8').catch(() => '');
      const until = parseVerdict(text)?.until ?? 0;
      const isBeingWritten = name.startsWith('.') && names.length < MOST_FILES;
      if (isBeingWritten) continue;
      if (until <= this.#now() || names.length >= MOST_FILES) await rm(file, { force: true });
    }
  }

  #file(key: string): string {
    return join(this.#dir, `${key}.json`);
  }
}

/** @param parts no two lists of them have the same. */
export function cacheKey(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

function parseVerdict(text: string): CachedVerdict | undefined {
  try {
    const shape = new JsonShape(parseJson(text, 'verdict').value, 'verdict');
    const [at, until] = [shape.integer('at', LATEST), shape.integer('until', LATEST)];
    if (shape.has('refused')) {
      return { refused: shape.string('refused'), exit: shape.integer('exit', 255), at, until };
    }
    return { node: shape.string('node'), keys: shape.strings('keys'), at, until };
  } catch {
    return undefined;
  }
}
