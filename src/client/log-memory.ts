import { equalBytes } from '../core/bytes/equal.ts';
import { toHex } from '../core/bytes/hex.ts';
import { fromUtf8, utf8 } from '../core/bytes/text.ts';
import { Fault } from '../core/fault.ts';
import { AuthenticatedTiles } from '../ledger/tiles/authenticated-tiles.ts';
import { writeTilePath } from '../ledger/tiles/tile-path.ts';
import { orFromFullTile, type TileReader } from '../ledger/tiles/tile-reader.ts';
import { type Judgement, judgeCheckpoint, verifyCheckpoint } from '../ledger/trust/judge.ts';
import { type SeenCheckpoint, type Sight, watchLog } from '../ledger/watch/watch.ts';
import { parseWatchState, type WatchState, writeWatchState } from '../ledger/watch/watch-state.ts';
import { PosternError } from './errors.ts';
import type { Credential, Gateway } from './gateway.ts';
import type { LogTrust } from './log-trust.ts';
import { type Memory, remember } from './memory.ts';
import { quorumTime } from './quorum-time.ts';
import type { LedgerView, WitnessView } from './view.ts';

const LARGEST_CHECKPOINT = 1024 * 1024;
const LARGEST_TILE = 256 * 32;

export interface LogMemoryDeps {
  readonly gateway: Gateway;
  readonly memory: Memory;
  readonly trust: LogTrust;
  readonly now: () => number;
}

/** A checkpoint that the trust was asked about. */
export interface JudgedNote {
  /** Exact bytes. */
  readonly note: Uint8Array;
  readonly judgement: Judgement;
}

/** The ledger as this client has seen it, held against all that it is shown of it later. */
export class LogMemory {
  readonly #deps: LogMemoryDeps;
  #view: LedgerView;

  constructor(deps: LogMemoryDeps) {
    this.#deps = deps;
    this.#view = { state: 'not-seen', origin: deps.trust.origin };
  }

  get view(): LedgerView {
    return this.#view;
  }

  /**
   * When the quorum cosigned last, as far as this client remembers: milliseconds since the epoch, 0
   * where it remembers nothing.
   */
  async cosignedAt(): Promise<number> {
    const text = await this.#deps.memory.get(this.#cosigned);
    return text === undefined ? 0 : this.#timeOf(utf8(text));
  }

  /** 0 for a note that was remembered under other keys: by these it says nothing. */
  #timeOf(note: Uint8Array): number {
    const { policy } = this.#deps.trust;
    try {
      return quorumTime(judgeCheckpoint(note, policy, 'memory.cosigned'), policy) ?? 0;
    } catch (error) {
      if (error instanceof Fault) return 0;
      throw error;
    }
  }

  get #cosigned(): string {
    return `cosigned/${this.#deps.trust.origin}`;
  }

  /**
   * That these checkpoints are states of one log, and of the one that was seen before: which of them
   * comes first does not matter. What is new is remembered.
   *
   * @param seen at least one.
   * @throws PosternError `ledger.fork`, `ledger.rollback`, `ledger.unread`; Fault for tiles that are
   *   not the signed ones.
   */
  async hold(seen: readonly JudgedNote[], credential: Credential): Promise<void> {
    const tiles = tilesOf(this.#deps.gateway, credential);
    const { memory, trust } = this.#deps;
    await remember(memory, `log/${trust.origin}`, async (text) => {
      const before = text === undefined ? undefined : parseWatchState(utf8(text));
      const head = await this.#headOf(seen, before, credential);
      const { now } = this.#deps;
      const options = { now: now(), stallMs: Number.POSITIVE_INFINITY };
      const { sight, state } = await watchLog(seenOf(head), before, tiles, options);
      // What could not be read now is held against the log later.
      if (sight.kind === 'unread' && state !== before) await this.#keep(state, text);
      wantGood(sight);
      await holdTogether(head, seen, tiles);
      this.#look(head, before === undefined);
      return fromUtf8(writeWatchState(state), 'memory.log');
    });
    await this.#holdTimes(seen);
  }

  /**
   * By the times of cosignatures this client knows how late it is, whatever its clock says: those of
   * a small state can be later than those of a large one.
   */
  async #holdTimes(seen: readonly JudgedNote[]): Promise<void> {
    const { memory, trust } = this.#deps;
    const timed = seen.map(({ judgement, note }) => ({
      note,
      at: quorumTime(judgement, trust.policy) ?? 0,
    }));
    const last = timed.reduce((one, other) => (other.at > one.at ? other : one));
    await remember(memory, this.#cosigned, async (text) => {
      const known = text === undefined ? 0 : this.#timeOf(utf8(text));
      return last.at > known ? fromUtf8(last.note, 'memory.cosigned') : undefined;
    });
  }

  async #keep(state: WatchState, before: string | undefined): Promise<void> {
    const { memory, trust } = this.#deps;
    await memory.set(`log/${trust.origin}`, fromUtf8(writeWatchState(state), 'memory.log'), before);
  }

  /** The largest; where a larger one was seen before, the one that the log shows now. */
  async #headOf(
    seen: readonly JudgedNote[],
    before: WatchState | undefined,
    credential: Credential,
  ): Promise<JudgedNote> {
    const head = largest(seen);
    if (before === undefined || sizeOf(head) >= before.size) return head;
    const { gateway, trust } = this.#deps;
    const note = await gateway.bytes('/checkpoint', LARGEST_CHECKPOINT, { credential });
    return largest([head, { note, judgement: verifyCheckpoint(note, trust.policy) }]);
  }

  #look({ judgement: { checkpoint, witnesses } }: JudgedNote, firstContact: boolean): void {
    const { origin, size, root } = checkpoint;
    const before = this.#view;
    this.#view = {
      state: 'checked',
      origin,
      size: Number(size),
      root: toHex(root),
      checkedAt: this.#deps.now(),
      firstContact: firstContact || (before.state === 'checked' && before.firstContact),
      witnesses: witnesses.map(
        ({ witness, time }): WitnessView => ({ name: witness.name, at: Number(time) * 1000 }),
      ),
    };
  }
}

function largest(seen: readonly JudgedNote[]): JudgedNote {
  return seen.reduce((one, other) => (sizeOf(other) > sizeOf(one) ? other : one));
}

function sizeOf({ judgement }: JudgedNote): number {
  return Number(judgement.checkpoint.size);
}

function seenOf({ judgement, note }: JudgedNote): SeenCheckpoint {
  const { origin, size, root } = judgement.checkpoint;
  return { origin, size: Number(size), root, note };
}

/** That all are states of the largest. @throws PosternError `ledger.fork`; as AuthenticatedTiles. */
async function holdTogether(
  head: JudgedNote,
  seen: readonly JudgedNote[],
  reader: TileReader,
): Promise<void> {
  const tree = await AuthenticatedTiles.open(reader, seenOf(head));
  for (const other of seen) {
    const { size, root } = seenOf(other);
    if (equalBytes(await tree.rootAt(size), root)) continue;
    const because = `the log signed ${size} and ${tree.size} leaves that don’t go together`;
    throw new PosternError('ledger.fork', because);
  }
}

function wantGood(sight: Sight): void {
  switch (sight.kind) {
    case 'first':
    case 'grown':
    case 'same':
    case 'stall':
      return;
    case 'unread':
      throw new PosternError(
        'ledger.unread',
        `the log signed ${sight.size} leaves, and its tiles don’t show that these go on from what was seen before: ${sight.error.message}`,
        { cause: sight.error },
      );
    default:
      throw new PosternError(`ledger.${sight.kind}`, `the log ${sight.because}`, { cause: sight });
  }
}

function tilesOf(gateway: Gateway, credential: Credential): TileReader {
  return orFromFullTile({
    readTile: async (level, index, width) => {
      const path = `/${writeTilePath({ level, index, width })}`;
      try {
        return await gateway.bytes(path, LARGEST_TILE, { credential });
      } catch (cause) {
        if (cause instanceof Fault) throw cause;
        const why = cause instanceof Error ? cause.message : String(cause);
        throw new Fault('unreachable', path, why, { cause });
      }
    },
  });
}
