import { equalBytes } from '../../core/bytes/equal.ts';
import { Fault, type FaultCode } from '../../core/fault.ts';
import type { LeasePurpose, LogHead } from '../store.ts';
import { leafHash } from '../tree/hash.ts';
import {
  type Group,
  type Held,
  type NewEntry,
  type Prepared,
  prepareBatch,
  takeBatch,
} from './batch.ts';
import { commitPrepared } from './commit.ts';
import { signHead } from './identity.ts';
import { LEASE_TIMES, type LeaseTimes, takeLease } from './lease.ts';
import { type StandOnDeps, standOn } from './stand-on.ts';
import type { TileEdge } from './tile-edge.ts';

/** That an entry is in the log, durably. */
export interface Receipt {
  readonly id: string;
  readonly index: number;
  /** The first signed state of the log that has it. */
  readonly head: LogHead;
}

export interface LedgerWriterDeps<Companion = never> extends StandOnDeps<Companion> {
  /** Who writes, for those who wait: host, process, chance. */
  readonly holder: string;
  /** `write` unless said. */
  readonly purpose?: LeasePurpose;
  /** While somebody waits for what comes of it: it has to keep the process alive. */
  readonly pause: (ms: number) => Promise<void>;
  /** Between two signs of life, which nobody waits for; {@link pause} unless said. */
  readonly rest?: (ms: number) => Promise<void>;
  readonly times?: LeaseTimes;
}

interface Waiting<Companion> extends Group<Companion> {
  readonly resolve: (receipts: readonly Receipt[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The one writer of a log. Entries that come while a batch is on its way make the next one, so
 * that each waits for one transaction, or two, and never for a clock.
 *
 * It writes under a lease, looks at what is stored before it signs on top of it, and lets go of
 * the lease when another process wants to write.
 */
export class LedgerWriter<Companion = never> {
  readonly #deps: LedgerWriterDeps<Companion>;
  readonly #times: LeaseTimes;
  readonly #queue: Waiting<Companion>[] = [];
  /** With the lease: the edge of what is stored, in memory. */
  #held: Held | undefined;
  /** The edge of what was last known to be stored: whoever wrote since has only added to it. */
  #last: TileEdge | undefined;
  /**
   * The last state that this process signed or signed on top of; never forgotten: a database that
   * falls back under it, to a copy or a standby, must not have the same size signed twice.
   */
  #highest: LogHead | undefined;
  #running: Promise<void> | undefined;
  #closed = false;

  private constructor(deps: LedgerWriterDeps<Companion>) {
    this.#deps = deps;
    this.#times = deps.times ?? LEASE_TIMES;
  }

  /**
   * Recomputes the tree from what is stored, compares it with what was signed and with what others
   * have seen, and signs the empty log where there is none yet.
   *
   * @throws Fault `conflict` where what is stored contradicts what was signed or seen; `malformed`
   *   where it is damaged; `unreachable` where it can't be read, or another writes and does not
   *   let go.
   */
  static async open<Companion = never>(
    deps: LedgerWriterDeps<Companion>,
  ): Promise<LedgerWriter<Companion>> {
    const writer = new LedgerWriter(deps);
    await writer.#hold();
    void writer.#beat();
    return writer;
  }

  /**
   * Resolves once the entry, what its decision saw, what is changed with it and a checkpoint over
   * it are durable.
   *
   * @throws Fault `conflict` for an id that the log has, and as its companion's own port says;
   *   `unreachable` when it can't be written: then it is not in the log, or the message says that
   *   nobody knows.
   */
  async append(entry: NewEntry<Companion>): Promise<Receipt> {
    const [receipt] = await this.appendAll([entry]);
    if (receipt === undefined) throw new Fault('internal', 'ledger', 'gave no receipt');
    return receipt;
  }

  /**
   * The same of several that go together: they stand in the log one after the other, with all that
   * is changed with them, or none of them does.
   *
   * @returns a receipt for each.
   */
  appendAll(entries: readonly NewEntry<Companion>[]): Promise<readonly Receipt[]> {
    if (this.#closed) return Promise.reject(new Fault('usage', 'ledger', 'is closed'));
    if (entries.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      // Here and not with its batch: most wait for a commit that is under way, and this one need not.
      const hashed = entries.map((entry) => ({ entry, hash: leafHash(entry.entry) }));
      this.#queue.push({ entries: hashed, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Writes what is waiting, lets go of the lease. The store stays open. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
    await this.#letGo();
  }

  async #run(): Promise<void> {
    // Whatever is handed in at the same moment is one batch.
    await undefined;
    while (this.#queue.length > 0) {
      const batch = takeBatch(this.#queue);
      try {
        await this.#write(batch);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#running = undefined;
  }

  async #write(batch: readonly Waiting<Companion>[]): Promise<void> {
    const held = await this.#hold();
    const { identity, now } = this.#deps;
    const entries = batch.flatMap((group) => group.entries);
    const prepared = prepareBatch(held, entries, (state) => signHead(identity, state, now()));
    let wanted = false;
    try {
      ({ wanted } = await commitPrepared(this.#deps.store, prepared));
    } catch (error) {
      if (!(await this.#isStored(held, prepared, error))) {
        await this.#writeApart(batch, error);
        return;
      }
    }
    const { base } = prepared.batch;
    const { head, edge } = prepared.next();
    this.#held = { fence: held.fence, edge };
    this.#last = edge;
    this.#highest = head;
    let index = base;
    for (const group of batch) {
      group.resolve(group.entries.map(({ entry: { id } }) => ({ id, index: index++, head })));
    }
    if (wanted) {
      await this.#letGo();
      await this.#deps.pause(2 * this.#times.look);
    }
  }

  /** An answer that got lost may have been a good one: what is stored tells. */
  async #isStored(
    held: Held,
    { batch, next }: Prepared<Companion>,
    error: unknown,
  ): Promise<boolean> {
    if (!isFault(error, 'unreachable')) return false;
    // Whatever it is, it is read again before anything is signed on top of it.
    this.#held = undefined;
    this.#last = undefined;
    const stored = await this.#deps.store.head().catch((later: unknown) => {
      throw isFault(later, 'unreachable') ? unknownWhether(error) : later;
    });
    const isAt = (size: number, root: Uint8Array) =>
      stored?.size === size && equalBytes(stored.root, root);
    if (isAt(batch.base, held.edge.root())) this.#held = held;
    const { head } = next();
    return isAt(head.size, head.root);
  }

  /**
   * One group that can't be written must not keep others from it. A writer that lost its lease, or
   * whose log has moved under it, looks again: what it tried was refused, and is tried once more.
   */
  async #writeApart(batch: readonly Waiting<Companion>[], error: unknown): Promise<void> {
    if (isFault(error, 'conflict') && this.#held && !(await this.#isCurrent(this.#held))) {
      this.#held = undefined;
      return this.#write(batch);
    }
    const isOfOne = isFault(error, 'conflict') || isFault(error, 'usage');
    if (!isOfOne || batch.length === 1) throw error;
    for (const one of batch) {
      try {
        await this.#write([one]);
      } catch (own) {
        one.reject(own);
      }
    }
  }

  /**
   * Whether the lease is still held, and the log where this writer left it: it can have moved even
   * so, by a transaction of this writer's own that was given up for lost and went through later.
   */
  async #isCurrent({ fence, edge }: Held): Promise<boolean> {
    const { store } = this.#deps;
    try {
      await store.beat(fence);
    } catch (error) {
      if (isFault(error, 'conflict')) return false;
      throw error;
    }
    const head = await store.head();
    return head?.size === edge.size && equalBytes(head.root, edge.root());
  }

  async #hold(): Promise<Held> {
    if (this.#held) return this.#held;
    const { store, holder, purpose = 'write', pause } = this.#deps;
    const fence = await takeLease(store, { holder, purpose, pause, times: this.#times });
    try {
      const { edge, head } = await standOn(fence, this.#deps, {
        edge: this.#last,
        highest: this.#highest,
      });
      this.#last = edge;
      this.#highest = head;
      this.#held = { fence, edge };
      return this.#held;
    } catch (error) {
      // Why it does not go on is worth more than that letting go failed as well.
      await store.releaseLease(fence).catch(() => undefined);
      throw error;
    }
  }

  async #letGo(): Promise<void> {
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    this.#last = held.edge;
    await this.#deps.store.releaseLease(held.fence);
  }

  /** Signs of life while there is nothing to write, and word of others who have something. */
  async #beat(): Promise<void> {
    const { pause, rest = pause, store } = this.#deps;
    while (!this.#closed) {
      await rest(this.#times.beat);
      if (this.#held === undefined || this.#running !== undefined || this.#closed) continue;
      const { fence } = this.#held;
      try {
        const { wanted } = await store.beat(fence);
        if (wanted && this.#running === undefined) await this.#letGo();
      } catch {
        // Lost, or not to be reached: whoever writes next finds out, and says so.
        if (this.#held?.fence === fence && this.#running === undefined) this.#held = undefined;
      }
    }
  }
}

function isFault(error: unknown, code: FaultCode): error is Fault {
  return error instanceof Fault && error.code === code;
}

const UNKNOWN = 'is unknown';

/** Neither done nor not done, as far as anybody can see. */
function unknownWhether(error: Fault): Fault {
  if (error.detail.endsWith(UNKNOWN)) return error;
  const detail = `${error.detail}; whether it was committed ${UNKNOWN}`;
  return new Fault(error.code, error.at, detail, { cause: error });
}
