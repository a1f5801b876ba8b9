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

/** One connection has asked all that it asks by then. */
export const ASKED_WITHIN = 2 * 60_000;
const MOST_FILES = 512;
/** Longer than it takes to write a file and to rename it. */
const WRITTEN_WITHIN = 60_000;
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

  /**
   * @throws Fault `usage` for a folder that others may write to, or that is somebody else’s; what the
   * system says where there can be none.
   */
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

  /** @returns why it could not be kept; undefined where it is. */
  async set(key: string, verdict: CachedVerdict): Promise<string | undefined> {
    const beside = join(this.#dir, `.${randomUUID()}`);
    try {
      await this.#sweep();
      await writeFile(beside, JSON.stringify(verdict), { mode: 0o600, flag: 'wx' });
      await rename(beside, this.#file(key));
      return undefined;
    } catch (error) {
      await rm(beside, { force: true }).catch(() => undefined);
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** Those that are over; all, where somebody connects to very many hosts. */
  async #sweep(): Promise<void> {
    const names = await readdir(this.#dir);
    for (const name of names) {
      const file = join(this.#dir, name);
      const isOver = name.startsWith('.')
        ? await this.#isLeft(file)
        : names.length >= MOST_FILES || (await this.#until(file)) <= this.#now();
      if (isOver) await rm(file, { force: true }).catch(() => undefined);
    }
  }

  /** Whether nobody writes at it any more, by its age; another process may have renamed it by now. */
  async #isLeft(file: string): Promise<boolean> {
    const found = await lstat(file).catch(() => undefined);
    return found !== undefined && Math.abs(this.#now() - found.mtimeMs) > WRITTEN_WITHIN;
  }

  async #until(file: string): Promise<number> {
    const text = await readFile(file, 'utf8').catch(() => '');
    return parseVerdict(text)?.until ?? 0;
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
