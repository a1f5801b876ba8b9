import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { equalBytes } from '../../core/bytes/equal.ts';
import { utf8 } from '../../core/bytes/text.ts';
import { concatBytes } from '../../core/bytes/writer.ts';
import { Fault } from '../../core/fault.ts';
import type { LedgerStore, LogHead, StoreFault } from '../../ledger/store.ts';
import { StoreTiles } from '../../ledger/store-tiles.ts';
import { writeEntryBundle } from '../../ledger/tiles/entry-bundle.ts';
import { publishedPaths } from '../../ledger/tiles/published.ts';
import { TILE_WIDTH, tileWidth } from '../../ledger/tiles/tile.ts';
import { parseTilePath, type TilePath, writeTilePath } from '../../ledger/tiles/tile-path.ts';

type Source = Pick<
  LedgerStore,
  'tiles' | 'leafHashes' | 'leaves' | 'cosignatures' | 'head' | 'checkpoint'
>;

interface Look {
  readonly first: LogHead;
  readonly now: LogHead;
  /** Names that the first state needs. */
  readonly wanted: ReadonlySet<string>;
}

/** In milliseconds: longer than files are written behind a batch. */
const MOMENT = 500;

const moment = () => setTimeout(MOMENT);

/** The name of the file that says what the others come to. */
export const CHECKPOINT = 'checkpoint';

/** What a process that was killed, or that writes at this moment, has of a file. */
const UNFINISHED = /\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.new$/;

/**
 * A log as plain files, in the layout of C2SP tlog-tiles: what any reader of such logs reads, from
 * the disk or behind any web server. The database is what counts; these are written from it, and
 * could be again.
 */
export class Projection {
  readonly folder: string;
  readonly #store: Source;
  readonly #tiles: StoreTiles;
  /** Of the checkpoint that is there; undefined before anything was looked at. */
  #size: number | undefined;

  constructor(folder: string, store: Source) {
    this.folder = folder;
    this.#store = store;
    this.#tiles = new StoreTiles(store);
  }

  /**
   * The checkpoint as it was last written.
   *
   * @throws Fault `unreachable` when it is there and can't be read.
   */
  async checkpoint(): Promise<Uint8Array | undefined> {
    return readIfThere(join(this.folder, CHECKPOINT));
  }

  /**
   * A file as it is there; a tile or bundle also where it is not: proofs are given under every state
   * that was signed, and states between two that were published have parts of their own.
   *
   * @param name of the checkpoint, or of a tile or bundle in its one spelling.
   * @returns undefined for what the log does not have.
   * @throws Fault `unreachable` for what is there and can't be read.
   */
  async read(name: string): Promise<Uint8Array | undefined> {
    const there = await readIfThere(join(this.folder, name));
    const path = there === undefined ? pathOf(name) : undefined;
    if (path === undefined) return there;
    const head = await this.#store.head();
    if (head === undefined || endOf(path) > head.size) return undefined;
    return this.#bytesOf(path);
  }

  /**
   * Holds every file against the database, and writes anew whatever is missing or different.
   *
   * @param entries `last` of old bundles only whether they are there: to read all entries takes as
   *   long as the log is, and whoever starts to write has no time for that.
   * @returns the paths that were written anew.
   */
  async restore(entries: 'all' | 'last' = 'all'): Promise<readonly string[]> {
    const head = await this.#store.head();
    if (head === undefined) return [];
    const mended: string[] = [];
    const lastBundle = Math.floor(Math.max(0, head.size - 1) / TILE_WIDTH);
    for (const path of publishedPaths(head.size)) {
      const isOld = entries === 'last' && path.level === 'entries' && path.index < lastBundle - 1;
      const name = writeTilePath(path);
      const there = await readIfThere(join(this.folder, name));
      if (isOld && there !== undefined && there.length > 0) continue;
      const want = await this.#bytesOf(path);
      if (there && equalBytes(there, want)) continue;
      await this.#write(name, want);
      mended.push(name);
    }
    await this.#finish(head);
    return mended;
  }

  /**
   * Every file in the folder, also parts of tiles that older checkpoints speak of, against the
   * database; and that none is missing. What looks wrong is looked at once more a moment later: whoever
   * writes meanwhile has leaves in the database before they are in files.
   *
   * @param pause until then.
   */
  async *faults(pause: () => Promise<unknown> = moment): AsyncGenerator<StoreFault> {
    const first = await this.#store.head();
    if (first === undefined) return;
    const found = await filesBelow(this.folder);
    const names = new Set(found.filter((name) => !UNFINISHED.test(name)));
    const wanted = new Set([CHECKPOINT, ...[...publishedPaths(first.size)].map(writeTilePath)]);
    const suspicious: string[] = [];
    for (const name of [...new Set([...wanted, ...names])].sort()) {
      if ((await this.#problemOf(name, { first, now: first, wanted })) !== undefined)
        suspicious.push(name);
    }
    if (suspicious.length === 0) return;
    await pause();
    const now = (await this.#store.head()) ?? first;
    for (const name of suspicious) {
      const problem = await this.#problemOf(name, { first, now, wanted });
      if (problem !== undefined) yield { at: join(this.folder, name), problem };
    }
  }

  async #problemOf(name: string, { first, now, wanted }: Look): Promise<string | undefined> {
    const bytes = await readIfThere(join(this.folder, name));
    if (bytes === undefined) {
      return wanted.has(name) && !(await this.#isInLater(name)) ? 'is missing' : undefined;
    }
    if (name === CHECKPOINT) return this.#checkpointProblem(bytes, first);
    const path = pathOf(name);
    if (path === undefined) return 'is no file of a log';
    if (endOf(path) > now.size) return 'is of leaves that the log does not have';
    try {
      if (equalBytes(bytes, await this.#bytesOf(path))) return undefined;
      return 'is not what the database has';
    } catch (error) {
      if (!isNotThere(error)) throw error;
      return `can’t be compared: of the database, ${error.message}`;
    }
  }

  /** Of a part that later states have more of nobody needs the file: they may have been published alone. */
  async #isInLater(name: string): Promise<boolean> {
    const path = pathOf(name);
    if (path === undefined) return false;
    const published = sizeIn(await this.checkpoint());
    const width = tileWidth(published, heightOf(path), path.index);
    if (width <= path.width) return false;
    return (await readIfThere(join(this.folder, writeTilePath({ ...path, width })))) !== undefined;
  }

  /** It may be a later one than was there at first, and none before. */
  async #checkpointProblem(bytes: Uint8Array, first: LogHead): Promise<string | undefined> {
    const size = sizeIn(bytes);
    const state = size < first.size ? undefined : await this.#store.checkpoint(size);
    if (state && equalBytes(bytes, await this.#checkpointOf(state))) return undefined;
    return 'is not the last one that was signed';
  }

  /**
   * What the last state has beyond the one before: tiles and entries first, the checkpoint last
   * and by a rename, so that a reader finds all that it speaks of.
   *
   * @throws Fault `unreachable` at the folder.
   */
  async publish(): Promise<void> {
    if (this.#size === undefined) {
      await this.restore('last');
      return;
    }
    const head = await this.#store.head();
    if (head === undefined) return;
    for (const path of publishedPaths(head.size, this.#size)) {
      await this.#write(writeTilePath(path), await this.#bytesOf(path));
    }
    await this.#dropParts(this.#size, head.size);
    await this.#finish(head);
  }

  /**
   * Writes the checkpoint unless a later one is there: whoever reads it must not see the log shrink.
   * Several processes may be here at once; each looks again, so that the last state wins.
   */
  async #finish(head: LogHead): Promise<void> {
    this.#size = head.size;
    if (sizeIn(await this.checkpoint()) > head.size) return;
    await this.#write(CHECKPOINT, await this.#checkpointOf(head));
    const now = await this.#store.head();
    if (now && now.size > head.size) await this.publish();
  }

  async #bytesOf({ level, index, width }: TilePath): Promise<Uint8Array> {
    if (level !== 'entries') return this.#tiles.readTile(level, index, width);
    const start = index * TILE_WIDTH;
    const leaves = await this.#store.leaves(start, start + width);
    return writeEntryBundle(leaves.map(({ entry }) => entry));
  }

  async #checkpointOf({ size, checkpoint }: LogHead): Promise<Uint8Array> {
    const lines = await this.#store.cosignatures(size);
    return concatBytes(checkpoint, utf8(lines.join('')));
  }

  /** Parts of what is full by now: who has an older checkpoint takes them out of the full one. */
  async #dropParts(since: number, size: number): Promise<void> {
    for (const path of publishedPaths(size, since)) {
      if (path.width !== TILE_WIDTH) continue;
      await rm(join(this.folder, `${writeTilePath(path)}.p`), { recursive: true, force: true });
    }
  }

  async #write(name: string, bytes: Uint8Array): Promise<void> {
    const path = join(this.folder, name);
    const fresh = `${path}.${randomUUID()}.new`;
    try {
      await mkdir(dirname(path), { recursive: true });
      // On the disk before it has its name: an old file that is there is not read again.
      await writeFile(fresh, bytes, { mode: 0o644, flush: true });
      await rename(fresh, path);
    } catch (cause) {
      await rm(fresh, { force: true }).catch(() => undefined);
      throw unreachable(path, 'written', cause);
    }
  }
}

/** Leaves that a checkpoint speaks of; 0 where there is none, or what is there is none. */
function sizeIn(checkpoint: Uint8Array | undefined): number {
  const [, size] = checkpoint ? new TextDecoder().decode(checkpoint).split('\n') : [];
  return size !== undefined && /^\d{1,15}$/.test(size) ? Number(size) : 0;
}

/** Paths of all files, with slashes, relative to the folder. */
async function filesBelow(folder: string): Promise<readonly string[]> {
  try {
    const found = await readdir(folder, { recursive: true, withFileTypes: true });
    return found
      .filter((one) => !one.isDirectory())
      .map((one) => relative(folder, join(one.parentPath, one.name)).split(sep).join('/'));
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return [];
    throw unreachable(folder, 'read', cause);
  }
}

/** Whether it is damage of the database, and not one that can't be reached. */
function isNotThere(error: unknown): error is Fault {
  if (!(error instanceof Fault)) return false;
  return (
    error.code === 'malformed' || (error.code === 'unreachable' && error.at.startsWith('tile/'))
  );
}

/** Leaves that a log has at least which has this tile. */
function endOf(path: TilePath): number {
  return (path.index * TILE_WIDTH + path.width) * TILE_WIDTH ** heightOf(path);
}

function heightOf({ level }: TilePath): number {
  return level === 'entries' ? 0 : level;
}

function pathOf(name: string): TilePath | undefined {
  try {
    return parseTilePath(name);
  } catch (error) {
    if (error instanceof Fault && error.code === 'malformed') return undefined;
    throw error;
  }
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw unreachable(path, 'read', cause);
  }
}

function unreachable(path: string, act: string, cause: unknown): Fault {
  const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
  return new Fault('unreachable', path, `can’t be ${act} (${reason})`, { cause });
}
