import { utf8 } from '../core/bytes/text.ts';
import { concatBytes } from '../core/bytes/writer.ts';
import { malformed } from '../core/fault.ts';
import { writeTlogProof } from './proof/tlog-proof.ts';
import type { LedgerStore } from './store.ts';
import { StoreTiles } from './store-tiles.ts';
import { AuthenticatedTiles } from './tiles/authenticated-tiles.ts';

type Source = Pick<LedgerStore, 'head' | 'tiles' | 'leafHashes' | 'cosignatures'>;

/**
 * Proofs to staple to decisions: each shows, to whoever knows the log's keys, that a leaf stands in
 * the last signed state of the log, with the cosignatures that this has so far.
 */
export class Stapler {
  readonly #tiles: AuthenticatedTiles;
  readonly #checkpoint: Uint8Array;

  private constructor(tiles: AuthenticatedTiles, checkpoint: Uint8Array) {
    this.#tiles = tiles;
    this.#checkpoint = checkpoint;
  }

  /** @throws Fault `malformed` when the store's tiles don't have the signed root. */
  static async open(store: Source): Promise<Stapler> {
    const head = await store.head();
    if (head === undefined) throw malformed('head', 'nothing was ever signed');
    const lines = await store.cosignatures(head.size);
    const tiles = await AuthenticatedTiles.open(new StoreTiles(store), head);
    return new Stapler(tiles, concatBytes(head.checkpoint, utf8(lines.join(''))));
  }

  /** How many leaves it can prove. */
  get size(): number {
    return this.#tiles.size;
  }

  /** A `c2sp.org/tlog-proof@v1`. @throws Fault `malformed` for a leaf that is not there. */
  async proofOf(index: number): Promise<Uint8Array> {
    const hashes = await this.#tiles.proveInclusion(index);
    return writeTlogProof({
      extra: undefined,
      index: BigInt(index),
      hashes,
      checkpoint: this.#checkpoint,
    });
  }
}
