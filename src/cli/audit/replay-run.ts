import { equalBytes } from '../../core/bytes/equal.ts';
import { Fault } from '../../core/fault.ts';
import type { AnchorKind } from '../../core/x509/anchors.ts';
import { parseLeaf } from '../../ledger/leaf/entry.ts';
import type { DecisionLeaf } from '../../ledger/leaf/leaf.ts';
import { checkRecord } from '../../ledger/record/check-record.ts';
import { type Manifest, parseManifest } from '../../ledger/record/manifest.ts';
import { type BlobLookup, type Replay, Replayer } from '../../ledger/record/replay.ts';
import type { LedgerStore, StoredLeaf } from '../../ledger/store.ts';
import type { AuthenticatedTiles } from '../../ledger/tiles/authenticated-tiles.ts';
import { leafHash } from '../../ledger/tree/hash.ts';
import { ArchiveReader } from './blobs-of.ts';

/** What became of one decision. */
export interface Replayed {
  readonly index: number;
  readonly id: string;
  readonly outcome: Replay['outcome'];
  /** Whose roots a decision rests on that came out the same. */
  readonly anchors?: AnchorKind;
  /** Why, in a sentence; absent of what came out the same under the same engine. */
  readonly because?: string;
}

type Compared = Omit<Replayed, 'index' | 'id'>;

/** Makes decisions of a ledger again, one after the other. */
export class ReplayRun {
  readonly #store: LedgerStore;
  readonly #archive: ArchiveReader;
  readonly #replayer: Replayer;
  readonly #tiles: AuthenticatedTiles;

  /** @param tiles under a checkpoint that is believed: a leaf that is not theirs is another's. */
  constructor(store: LedgerStore, tiles: AuthenticatedTiles, engine: string) {
    this.#store = store;
    this.#archive = new ArchiveReader(store);
    this.#replayer = new Replayer({ engine });
    this.#tiles = tiles;
  }

  /** @returns undefined for a leaf that is no decision. */
  async replay(stored: StoredLeaf): Promise<Replayed | undefined> {
    const { index, id, entry } = stored;
    const [hash] = await this.#tiles.leafHashes(index, index + 1);
    if (hash === undefined || !equalBytes(hash, leafHash(entry))) {
      return {
        index,
        id,
        outcome: 'different',
        because: 'the leaf is not the one that was signed',
      };
    }
    const leaf = decisionIn(entry);
    if (typeof leaf === 'string') return { index, id, outcome: 'different', because: leaf };
    return leaf && { index, id, ...(await this.#decision(leaf)) };
  }

  async #decision(leaf: DecisionLeaf): Promise<Compared> {
    const gone = (await this.#store.record(leaf.id))?.forgotten;
    if (gone) return notReplayable(`what it saw was deleted (${gone.reason})`);
    try {
      const bytes = await this.#archive.read(leaf.record);
      if (bytes === undefined) return notReplayable(`${leaf.record} is not archived`);
      const manifest = parseManifest(bytes);
      return compare(leaf, manifest, await this.#archive.blobsOf(manifest), this.#replayer);
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== 'malformed') throw error;
      return notReplayable(error.message);
    }
  }
}

/** One decision against its record, and against what comes out when it is made again. */
export function compare(
  leaf: DecisionLeaf,
  manifest: Manifest,
  blobOf: BlobLookup,
  replayer: Replayer,
): Compared {
  const [wrong] = checkRecord(leaf, manifest);
  if (wrong) {
    return {
      outcome: 'different',
      because: `${wrong.at}: the record says ${wrong.want}, the leaf ${wrong.got}`,
    };
  }
  const replay = replayer.replay(manifest, blobOf);
  switch (replay.outcome) {
    case 'same':
      return {
        outcome: 'same',
        anchors: replay.anchors,
        ...(replay.note !== undefined && { because: replay.note }),
      };
    case 'not-replayable':
      return replay;
    case 'different': {
      const { recorded, replayed, which } = replay;
      const because = `${which.join(', ')} came out otherwise: ${recorded.verdict} was recorded, ${replayed.verdict} comes out${codesText(recorded.codes, replayed.codes)}`;
      return { outcome: 'different', because };
    }
  }
}

function codesText(before: readonly string[], after: readonly string[]): string {
  if (before.join() === after.join()) return '';
  return `; then ${before.join(', ') || 'no codes'}, now ${after.join(', ') || 'none'}`;
}

function notReplayable(because: string) {
  return { outcome: 'not-replayable', because } as const;
}

/** @returns why it can't be read, or undefined for a leaf of another type. */
function decisionIn(entry: Uint8Array): DecisionLeaf | string | undefined {
  try {
    const leaf = parseLeaf(entry);
    return leaf.type === 'decision' ? leaf : undefined;
  } catch (error) {
    if (!(error instanceof Fault) || error.code === 'internal') throw error;
    return error.message;
  }
}
