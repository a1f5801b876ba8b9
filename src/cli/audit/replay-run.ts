import { equalBytes } from '../../core/bytes/equal.ts';
import { Fault } from '../../core/fault.ts';
import type { AnchorKind } from '../../core/x509/anchors.ts';
import { parseLeaf } from '../../ledger/leaf/entry.ts';
import type { DecisionLeaf } from '../../ledger/leaf/leaf.ts';
import { ArchiveReader } from '../../ledger/record/archive-reader.ts';
import { checkRecord } from '../../ledger/record/check-record.ts';
import { type Manifest, parseManifest } from '../../ledger/record/manifest.ts';
import { type BlobLookup, type Replay, Replayer } from '../../ledger/record/replay.ts';
import type { LedgerStore, StoredLeaf } from '../../ledger/store.ts';
import type { AuthenticatedTiles } from '../../ledger/tiles/authenticated-tiles.ts';
import { leafHash } from '../../ledger/tree/hash.ts';
import { formatInstant } from './instants.ts';

/** What became of one decision. */
export interface Replayed {
  readonly index: number;
  readonly id: string;
  readonly outcome: Replay['outcome'];
  /** Whose roots a decision rests on that could be made again. */
  readonly anchors?: AnchorKind;
  /** That it was decided for another time than it was put down at, where that is so. */
  readonly otherTime?: string;
  /** Why, in a sentence; absent of what came out the same under the same engine. */
  readonly because?: string;
}

/** Decisions whose evidence is read ahead; some hundred KB each. */
const AHEAD = 4;

/** What a leaf's decision saw, or why that can't be said; the leaf where it is no decision. */
type Read =
  | Replayed
  | StoredLeaf
  | {
      readonly index: number;
      readonly leaf: DecisionLeaf;
      readonly manifest: Manifest;
      readonly blobOf: BlobLookup;
    };

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

  /**
   * In the order of the leaves; what the next ones saw is read while one is made again.
   *
   * @returns the leaf itself where it is no decision.
   */
  async *replay(leaves: AsyncIterable<StoredLeaf>): AsyncGenerator<Replayed | StoredLeaf> {
    const ahead: Promise<Read>[] = [];
    for await (const leaf of leaves) {
      const read = this.#read(leaf);
      // Whoever awaits it hears of it; until then it is nobody's.
      read.catch(() => undefined);
      ahead.push(read);
      if (ahead.length > AHEAD) yield this.#made(await (ahead.shift() as Promise<Read>));
    }
    for (const read of ahead) yield this.#made(await read);
  }

  #made(read: Read): Replayed | StoredLeaf {
    if ('outcome' in read || 'entry' in read) return read;
    const { index, leaf, manifest, blobOf } = read;
    return { index, id: leaf.id, ...compare(leaf, manifest, blobOf, this.#replayer) };
  }

  async #read(stored: StoredLeaf): Promise<Read> {
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
    if (leaf === undefined) return stored;
    if (typeof leaf === 'string') return { index, id, outcome: 'different', because: leaf };
    const missing = (because: string) =>
      ({ index, id, outcome: 'not-replayable', because }) as const;
    const gone = (await this.#store.record(id))?.forgotten;
    if (gone) return missing(`what it saw was deleted (${gone.reason})`);
    try {
      const bytes = await this.#archive.read(leaf.record);
      if (bytes === undefined) return missing(`${leaf.record} is not archived`);
      const manifest = parseManifest(bytes);
      return { index, leaf, manifest, blobOf: await this.#archive.blobsOf(manifest) };
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== 'malformed') throw error;
      return missing(error.message);
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
        ...otherTimeOf(manifest),
        ...(replay.note !== undefined && { because: replay.note }),
      };
    case 'not-replayable':
      return replay;
    case 'different': {
      return { outcome: 'different', anchors: replay.anchors, because: differenceText(replay) };
    }
  }
}

/** What a challenge, the verification and the way to the disk may take together, in milliseconds. */
const NEAR = 600_000;

/**
 * A decision is right for the instant that it was made for. That it was not the one at which the log
 * has it is for whoever relies on it to know: last year's endorsements may be good for last year.
 */
function otherTimeOf({ at, time, otherClocks }: Manifest): Pick<Replayed, 'otherTime'> {
  const far = Math.abs(time - at) > NEAR;
  if (!far && otherClocks.length === 0) return {};
  const clocks = otherClocks.length === 0 ? '' : `; clocks of their own: ${otherClocks.join(', ')}`;
  return {
    otherTime: `decided for ${formatInstant(at)}, put down at ${formatInstant(time)}${clocks}`,
  };
}

function differenceText({
  recorded,
  replayed,
  which,
  findings = [],
}: Extract<Replay, { outcome: 'different' }>): string {
  const made = which.filter((one) => one !== 'token' && one !== 'signing');
  const out = `${made.join(', ')} came out otherwise: ${recorded.verdict} was recorded, ${replayed.verdict} comes out${codesText(recorded.codes, replayed.codes)}`;
  const words = [
    ...(made.length === 0 ? [] : [out]),
    ...(which.includes('signing') ? ['the policy was none to decide by'] : []),
    ...(which.includes('token') ? ['the recorded token is not of this decision'] : []),
  ];
  const where = findings.map(({ at, want, got }) => `${at}: want ${want}, got ${got}`);
  return [words.join(', and '), ...where].join('; ');
}

function codesText(before: readonly string[], after: readonly string[]): string {
  if (before.join() === after.join()) return '';
  return `; then ${before.join(', ') || 'no codes'}, now ${after.join(', ') || 'none'}`;
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
