import { malformed } from '../../core/fault.ts';
import { wantSame } from '../tree/hash.ts';
import { type NodeReader, proveConsistency, proveInclusion, rootOf } from '../tree/prove.ts';
import { parentOf, TILE_HEIGHT, TILE_WIDTH, Tile, tileWidth } from './tile.ts';
import type { TileReader } from './tile-reader.ts';

/** Besides those of the right edge; some 16 KB each. */
const MOST_TILES = 512;

export interface TileHead {
  readonly size: number;
  /** 32 bytes. */
  readonly root: Uint8Array;
}

/** Which tile a subtree is in, and where in it. */
interface Place {
  readonly level: number;
  readonly index: number;
  readonly height: number;
  readonly node: number;
}

/**
 * The tiles of a tree whose root is known, from a reader that may lie. Those of the right edge
 * together have the root, each full one has its hash in the one above: none is used before it was
 * held against that.
 */
export class AuthenticatedTiles {
  readonly size: number;
  readonly root: Uint8Array;
  readonly #reader: TileReader;
  /** The parts at the right edge, by level; a level that ends with a full tile has none. */
  readonly #edge = new Map<number, Tile>();
  /** In order of use; one that is on its way is waited for. */
  readonly #full = new Map<string, Promise<Tile>>();

  readonly #remembered: number;

  private constructor(reader: TileReader, head: TileHead, remembered: number) {
    this.#reader = reader;
    this.size = head.size;
    this.root = head.root;
    this.#remembered = remembered;
  }

  /**
   * @param head of a checkpoint that is believed.
   * @param remembered full tiles that are kept for the next question.
   * @throws Fault `malformed` when the tiles at the right edge don't have this root; whatever the
   *   reader throws.
   */
  static async open(
    reader: TileReader,
    head: TileHead,
    remembered = MOST_TILES,
  ): Promise<AuthenticatedTiles> {
    if (!Number.isSafeInteger(head.size) || head.size < 0) {
      throw malformed('tiles.size', `${head.size} is no number of leaves that is read here`);
    }
    const tiles = new AuthenticatedTiles(reader, head, remembered);
    await tiles.#readEdge();
    const root = rootOf(head.size, (height, index) => tiles.#nodeOfEdge(height, index));
    wantSame(root, head.root, 'tiles.root', 'the root');
    return tiles;
  }

  /**
   * Hashes of leaves in order, `from` inclusive, `to` exclusive.
   *
   * @throws Fault `malformed` for leaves beyond the tree and for tiles that are not its own.
   */
  async leafHashes(from: number, to: number): Promise<readonly Uint8Array[]> {
    if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from < 0 || to > this.size) {
      throw malformed('tiles', `no leaves [${from}, ${to}) among ${this.size}`);
    }
    const leaves: Uint8Array[] = [];
    for (let index = from; index < to; ) {
      const tile = await this.#tile(0, Math.floor(index / TILE_WIDTH));
      const end = Math.min(to, index - (index % TILE_WIDTH) + tile.width);
      for (; index < end; index++) leaves.push(tile.node(0, index % TILE_WIDTH));
    }
    return leaves;
  }

  /** Reads one tile against the root. @throws Fault `malformed` when it is not the tree's. */
  async verifyTile(level: number, index: number): Promise<void> {
    await this.#tile(level, index);
  }

  /** The hashes of an inclusion proof. @throws as {@link AuthenticatedTiles.rootAt}. */
  async proveInclusion(index: number, size = this.size): Promise<readonly Uint8Array[]> {
    return this.#with(size, (node) => proveInclusion(index, size, node));
  }

  /** The hashes of a consistency proof. @throws as {@link AuthenticatedTiles.rootAt}. */
  async proveConsistency(size1: number, size2 = this.size): Promise<readonly Uint8Array[]> {
    return this.#with(size2, (node) => proveConsistency(size1, size2, node));
  }

  /**
   * The root that the tree had when it was smaller.
   *
   * @throws Fault `malformed` for what is not in the tree and for tiles that are not its own;
   *   whatever the reader throws.
   */
  async rootAt(size: number): Promise<Uint8Array> {
    return this.#with(size, (node) => rootOf(size, node));
  }

  /** Runs a maker twice: first to see which tiles it asks for, then on these. */
  async #with<T>(size: number, make: (node: NodeReader) => T): Promise<T> {
    if (size > this.size) throw malformed('tiles.size', `${size} is beyond ${this.size} leaves`);
    const wanted = new Map<string, Place>();
    make((height, index) => {
      const place = placeOf(height, index);
      wanted.set(keyOf(place), place);
      return this.root;
    });
    const read = async ([key, { level, index }]: [string, Place]) =>
      [key, await this.#tile(level, index)] as const;
    const tiles = new Map(await Promise.all(Array.from(wanted, read)));
    return make((height, index) => {
      const place = placeOf(height, index);
      const tile = tiles.get(keyOf(place));
      if (tile === undefined) throw malformed('tiles', 'a proof asked for another tile');
      return tile.node(place.height, place.node);
    });
  }

  async #readEdge(): Promise<void> {
    const read: Promise<void>[] = [];
    for (let level = 0; this.size >= TILE_WIDTH ** level; level++) {
      const index = Math.floor(this.size / TILE_WIDTH ** (level + 1));
      const width = tileWidth(this.size, level, index);
      if (width === 0) continue;
      read.push(this.#read(level, index, width).then((tile) => void this.#edge.set(level, tile)));
    }
    await Promise.all(read);
  }

  #nodeOfEdge(height: number, index: number): Uint8Array {
    const place = placeOf(height, index);
    const tile = this.#edge.get(place.level);
    if (tile === undefined) throw malformed('tiles', `no edge at level ${place.level}`);
    return tile.node(place.height, place.node);
  }

  async #tile(level: number, index: number): Promise<Tile> {
    const width = tileWidth(this.size, level, index);
    const edge = width < TILE_WIDTH ? this.#edge.get(level) : undefined;
    if (edge) return edge;
    const key = keyOf({ level, index });
    const tile = this.#full.get(key) ?? this.#readFull(level, index);
    this.#full.delete(key);
    this.#full.set(key, tile);
    for (const oldest of this.#full.keys()) {
      if (this.#full.size <= this.#remembered) break;
      this.#full.delete(oldest);
    }
    // What could not be had is asked for again the next time.
    tile.catch(() => this.#full.delete(key));
    return tile;
  }

  async #readFull(level: number, index: number): Promise<Tile> {
    const parent = parentOf(level, index);
    const [tile, above] = await Promise.all([
      this.#read(level, index, TILE_WIDTH),
      this.#tile(parent.level, parent.index),
    ]);
    const want = above.node(0, parent.place);
    wantSame(tile.node(TILE_HEIGHT, 0), want, nameOf(level, index), 'the hash above it');
    return tile;
  }

  async #read(level: number, index: number, width: number): Promise<Tile> {
    return new Tile(await this.#reader.readTile(level, index, width), width, nameOf(level, index));
  }
}

/** A subtree of a height that is a multiple of eight is a hash of its own in the tile that begins there. */
function placeOf(height: number, index: number): Place {
  const inTile = height % TILE_HEIGHT;
  const perTile = 2 ** (TILE_HEIGHT - inTile);
  return {
    level: Math.floor(height / TILE_HEIGHT),
    index: Math.floor(index / perTile),
    height: inTile,
    node: index % perTile,
  };
}

function keyOf({ level, index }: { readonly level: number; readonly index: number }): string {
  return `${level}/${index}`;
}

function nameOf(level: number, index: number): string {
  return `tile/${level}/${index}`;
}
