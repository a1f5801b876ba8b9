import { utf8 } from '../core/bytes/text.ts';
import { concatBytes } from '../core/bytes/writer.ts';
import { malformed } from '../core/fault.ts';
import { writeTlogProof } from './proof/tlog-proof.ts';
import type { LedgerStore, LogHead } from './store.ts';
import { StoreTiles } from './store-tiles.ts';
import { AuthenticatedTiles } from './tiles/authenticated-tiles.ts';
import { judgeCheckpoint } from './trust/judge.ts';
import type { TlogPolicy } from './trust/tlog-policy.ts';

type Source = Pick<LedgerStore, 'head' | 'tiles' | 'leafHashes' | 'cosignatures'>;
type WitnessedSource = Source & Pick<LedgerStore, 'checkpoint' | 'cosignedSizes'>;

/** Cosigned states that are looked at for one that enough witnesses signed. */
const MOST_LOOKED_AT = 16;

/**
 * Proofs to staple to decisions: each shows, to whoever knows the log's keys, that a leaf stands in
 * one signed state of the log, with the cosignatures that this has so far.
 */
export class Stapler {
  readonly #tiles: AuthenticatedTiles;
  readonly #checkpoint: Uint8Array;

  private constructor(tiles: AuthenticatedTiles, checkpoint: Uint8Array) {
    this.#tiles = tiles;
    this.#checkpoint = checkpoint;
  }

  /** On the last state. @throws Fault `malformed` when the store's tiles don't have the signed root. */
  static async open(store: Source): Promise<Stapler> {
    const head = await store.head();
    if (head === undefined) throw malformed('head', 'nothing was ever signed');
    return Stapler.#at(store, head, await cosigned(store, head));
  }

  /**
   * On the last state that the witnesses of a policy cosigned, as many as it wants.
   *
   * @returns undefined where none of the last ones is.
   * @throws as {@link Stapler.open}; also for a cosignature by a key of the policy that is not good.
   */
  static async openWitnessed(
    store: WitnessedSource,
    policy: TlogPolicy,
  ): Promise<Stapler | undefined> {
    for (const size of await store.cosignedSizes(MOST_LOOKED_AT)) {
      const head = await store.checkpoint(size);
      if (head === undefined) throw malformed(`checkpoints[${size}]`, 'is cosigned, and not there');
      const checkpoint = await cosigned(store, head);
      if (judgeCheckpoint(checkpoint, policy).missing.length > 0) continue;
      return Stapler.#at(store, head, checkpoint);
    }
    return undefined;
  }

  static async #at(store: Source, head: LogHead, checkpoint: Uint8Array): Promise<Stapler> {
    return new Stapler(await AuthenticatedTiles.open(new StoreTiles(store), head), checkpoint);
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

async function cosigned(store: Source, { size, checkpoint }: LogHead): Promise<Uint8Array> {
  return concatBytes(checkpoint, utf8((await store.cosignatures(size)).join('')));
}
