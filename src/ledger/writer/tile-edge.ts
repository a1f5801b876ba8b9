import { concatBytes } from '../../core/bytes/writer.ts';
import type { FullTile } from '../store.ts';
import { TILE_WIDTH } from '../tiles/tile.ts';
import { Frontier } from '../tree/frontier.ts';
import { HASH_SIZE } from '../tree/hash.ts';
import { foldNodes } from '../tree/prove.ts';

/** The last tile of a level while it is not full. */
interface OpenTile {
  readonly hashes: Uint8Array[];
  /** Of these hashes alone: what they come to, each hashed once. */
  readonly frontier: Frontier;
}

/**
 * The right edge of a log as its tiles have it: all that the next leaf needs, however large the
 * log.
 */
export class TileEdge {
  /** By level; none is full. */
  readonly #open: OpenTile[];
  #size: number;

  private constructor(size: number, open: readonly OpenTile[]) {
    this.#size = size;
    this.#open = [...open];
  }

  static empty(): TileEdge {
    return new TileEdge(0, []);
  }

  /** Leaves so far. */
  get size(): number {
    return this.#size;
  }

  root(): Uint8Array {
    return foldNodes(this.#open.toReversed().flatMap(({ frontier }) => frontier.nodes));
  }

  /** One that grows on its own from here: a batch that fails leaves no trace. */
  copy(): TileEdge {
    const open = this.#open.map(({ hashes, frontier }) => ({
      hashes: [...hashes],
      frontier: frontier.copy(),
    }));
    return new TileEdge(this.#size, open);
  }

  /**
   * @param leaf its hash, 32 bytes.
   * @returns the tiles that it makes full, lowest level first.
   */
  append(leaf: Uint8Array): readonly FullTile[] {
    this.#size++;
    const full: FullTile[] = [];
    let hash = leaf;
    for (let level = 0; ; level++) {
      const { hashes, frontier } = this.#open[level] ?? { hashes: [], frontier: new Frontier() };
      frontier.append(hash);
      hashes.push(hash);
      if (hashes.length < TILE_WIDTH) {
        this.#open[level] = { hashes, frontier };
        return full;
      }
      const index = this.#size / TILE_WIDTH ** (level + 1) - 1;
      full.push({ level, index, hashes: concatBytes(...hashes) });
      this.#open[level] = { hashes: [], frontier: new Frontier() };
      hash = frontier.root();
    }
  }
}

/** @param bytes of a tile, 32 for each of its hashes. */
export function hashesOf(bytes: Uint8Array): readonly Uint8Array[] {
  return Array.from({ length: bytes.length / HASH_SIZE }, (_, i) =>
    bytes.subarray(i * HASH_SIZE, (i + 1) * HASH_SIZE),
  );
}
