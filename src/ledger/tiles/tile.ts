import { malformed } from '../../core/fault.ts';
import { HASH_SIZE, nodeHash } from '../tree/hash.ts';

/** Hashes in a full tile, which is a subtree of height 8 (C2SP tlog-tiles, "Merkle Tree"). */
export const TILE_WIDTH = 256;
export const TILE_HEIGHT = 8;

/**
 * How many hashes the tile has in a tree of `size` leaves: 256, fewer at the right edge, 0 where
 * there is none.
 */
export function tileWidth(size: number, level: number, index: number): number {
  const hashes = Math.floor(size / TILE_WIDTH ** level);
  return Math.max(0, Math.min(TILE_WIDTH, hashes - index * TILE_WIDTH));
}

/** The tile above a full one, and the place in it that holds its hash. */
export function parentOf(level: number, index: number) {
  return {
    level: level + 1,
    index: Math.floor(index / TILE_WIDTH),
    place: index % TILE_WIDTH,
  } as const;
}

/** The hashes of one tile, and every complete subtree inside of it, each hashed once. */
export class Tile {
  readonly width: number;
  /** By height in the tile, 0 to 8. */
  readonly #nodes: readonly (readonly Uint8Array[])[];

  /** @throws Fault `malformed` unless the bytes are `width` hashes. */
  constructor(bytes: Uint8Array, width: number, at: string) {
    if (bytes.length !== width * HASH_SIZE) {
      throw malformed(
        at,
        `want ${width} hashes in ${width * HASH_SIZE} bytes, got ${bytes.length}`,
      );
    }
    this.width = width;
    let row: Uint8Array[] = Array.from({ length: width }, (_, i) =>
      bytes.slice(i * HASH_SIZE, (i + 1) * HASH_SIZE),
    );
    const nodes: Uint8Array[][] = [];
    for (let height = 0; height <= TILE_HEIGHT; height++) {
      nodes.push(row);
      row = pairs(row);
    }
    this.#nodes = nodes;
  }

  /**
   * @param height 0 of the tile's own hashes, 8 of a full tile's root.
   * @throws Fault `malformed` where the tile has no complete subtree.
   */
  node(height: number, index: number): Uint8Array {
    const node = this.#nodes[height]?.[index];
    if (node === undefined) {
      throw malformed('tile', `has no subtree of height ${height} at ${index}: ${this.width} wide`);
    }
    return node;
  }
}

/** Hashes of each two; what is left over has no sibling yet. */
function pairs(row: readonly Uint8Array[]): Uint8Array[] {
  const above: Uint8Array[] = [];
  for (let i = 0; i + 1 < row.length; i += 2) {
    const [left, right] = row.slice(i, i + 2);
    if (left && right) above.push(nodeHash(left, right));
  }
  return above;
}
