/**
 * What the ledger needs of whoever keeps it: one log with its tiles and checkpoints, and the
 * archive of what its decisions saw. `store/` implements it; one contract suite runs on all.
 *
 * Whatever is handed in or out is plain data: it crosses a thread.
 *
 * @typeParam Companion what else the same database keeps and may change together with the log.
 */
export interface LedgerStore<Companion = never> {
  /**
   * Takes the writer's lease if nobody has it. Somebody who finds it taken leaves word that it is
   * wanted: a polite holder lets go after its batch.
   *
   * @param holder whoever asks, for messages: host, process, chance.
   * @param purpose `write` unless said.
   * @throws Fault `unreachable` at `ledger` for one who wants to write what is marked as restored.
   */
  takeLease(holder: string, purpose?: LeasePurpose): Promise<LeaseAnswer>;
  /**
   * Takes the lease from a holder who shows no sign of life: only if it is still exactly as seen.
   * How long that must have been so is the caller's to measure, by a clock that does not jump.
   *
   * @throws Fault as {@link takeLease} does.
   */
  seizeLease(holder: string, seen: LeaseState, purpose?: LeasePurpose): Promise<LeaseAnswer>;
  /** A sign of life. @throws Fault `conflict` once somebody else has the lease. */
  beat(fence: Fence): Promise<{ readonly wanted: boolean }>;
  /** Lets go; says nothing where the lease is already somebody else's. */
  releaseLease(fence: Fence): Promise<void>;

  /**
   * Marks all of it as brought back from a backup: whoever has the lease has lost it, and from here
   * on nobody gets it but to resume. Marked again, the later instant counts.
   *
   * @param at milliseconds since the epoch.
   */
  markRestored(at: number): Promise<void>;
  /** When it was marked; undefined of what never was, or was cleared since. */
  restoredAt(): Promise<number | undefined>;
  /** Clears the mark of that instant. @throws Fault `conflict` at `ledger` where it has another. */
  unmarkRestored(at: number): Promise<void>;

  /** The last state that was signed; undefined of a log that never was. */
  head(): Promise<LogHead | undefined>;
  /** The state of this size, if one was ever signed. The same state signed again replaces it. */
  checkpoint(size: number): Promise<LogHead | undefined>;
  /** Every state that was ever signed, by size, `from` inclusive, at most `count`. */
  checkpoints(from: number, count: number): Promise<readonly LogHead[]>;
  /**
   * All of it, durable across a power cut, or nothing. A batch without leaves signs the same tree
   * again. Blobs that are archived already may be left out, or handed in again for nothing.
   *
   * @param next the state that comes of it, asked for at most once: its tree is
   *   hashed and signed here while another thread writes the rows. What it throws makes it nothing.
   * @returns whether somebody else wants the lease.
   * @throws Fault `conflict` at `lease` when the fence is no longer it, at `checkpoints…` when
   *   `base` is not the log's size or another root of the size was signed, at `leaves[<id>]` when
   *   an id is taken, at `blobs[<digest>]` when a record uses what is neither archived nor handed
   *   in (it may have been, and was forgotten since: hand it in), and as a companion's own port
   *   says; `usage` for a batch that is wrong in itself; `unreachable` when it can't be written, a
   *   full disk among others. After `unreachable` the batch may have been written all the same: `head()` tells.
   */
  commit(batch: Batch<Companion>, next: () => NextState): Promise<{ readonly wanted: boolean }>;

  // Of these each throws Fault `malformed` where one is missing between others.
  /** Full tiles (8,192 bytes each) of a level in order, at most `count`, as many as are there. */
  tiles(level: number, from: number, count: number): Promise<readonly Uint8Array[]>;
  /**
   * Leaf hashes (32 bytes each) in order, `from` inclusive, `to` exclusive: as many as are there.
   *
   * @throws Fault `malformed` at `leaves[<n>]` when they end short of `to` below the head's size.
   */
  leafHashes(from: number, to: number): Promise<readonly Uint8Array[]>;
  /** Leaves in order, by the same rules. */
  leaves(from: number, to: number): Promise<readonly StoredLeaf[]>;
  leafById(id: string): Promise<StoredLeaf | undefined>;

  /**
   * Cosignature lines of witnesses for one checkpoint, one of each key: a later one takes the place
   * of the one before, and the same again changes nothing.
   *
   * @throws Fault `conflict` where no state of this size was ever signed, `usage` at `lines[<i>]`
   *   for one that is no signature line.
   */
  addCosignatures(size: number, lines: readonly string[]): Promise<void>;
  cosignatures(size: number): Promise<readonly string[]>;
  /** Sizes of the states that have any, the largest first, at most `count`. */
  cosignedSizes(count: number): Promise<readonly number[]>;

  /** By leaf index, in order, `from` inclusive, at most `count`. */
  records(from: number, count: number): Promise<readonly RecordRow[]>;
  record(id: string): Promise<RecordRow | undefined>;
  /**
   * Where the records of before an instant stand that are not forgotten, by time and index, after
   * one, at most `count`: no others are looked at.
   */
  recordsBefore(
    before: number,
    after: RecordPlace | undefined,
    count: number,
  ): Promise<readonly RecordPlace[]>;
  /** How many records are forgotten. */
  forgotten(): Promise<number>;
  /**
   * What is archived under a digest, opened.
   *
   * @throws Fault `malformed` when it does not open or is not of this digest, `usage` for a store
   *   that was opened without the archive's key.
   */
  blob(digest: string): Promise<Uint8Array | undefined>;
  /** Digests of all blobs, in order, after one. */
  blobDigests(after: string | undefined, count: number): Promise<readonly string[]>;
  /** Which of these are archived already: they need not be sent again. */
  knownBlobs(digests: readonly string[]): Promise<readonly string[]>;
  /**
   * Forgets what records of before an instant saw: rows stay, with instant and reason, and so does
   * the tree. A blob goes with the last record that used it; one that no record ever used stays.
   * Done in slices: a commit gets in between.
   *
   * @returns records forgotten and blobs deleted.
   */
  forget(before: number, at: number, reason: string): Promise<Forgotten>;

  /**
   * Every row that is not as its own sums say, each with where it is; of one moment, and without
   * opening a blob. Reads all of it, and this store does nothing else until it is done: ask one
   * that was opened for that, as others go on.
   */
  faults(): Promise<readonly StoreFault[]>;
  /**
   * A copy of all of it in one new file, taken while the store goes on. SQLite only.
   *
   * @throws Fault `usage` elsewhere, `conflict` where there is such a file already.
   */
  backup(path: string): Promise<void>;
  close(): Promise<void>;
}

/** Which lease a writer holds: a later one has a higher token, and what comes under an old one is refused. */
export interface Fence {
  readonly holder: string;
  readonly token: number;
}

/** `resume`: to show that what was brought back from a backup may be written again. */
export type LeasePurpose = 'write' | 'resume';

export interface LeaseState extends Fence {
  /** Signs of life so far. */
  readonly beat: number;
}

export type LeaseAnswer =
  | { readonly taken: true; readonly fence: Fence }
  | { readonly taken: false; readonly by: LeaseState };

export interface LogHead {
  readonly size: number;
  /** 32 bytes. */
  readonly root: Uint8Array;
  /** The signed note, UTF-8, without cosignatures. */
  readonly checkpoint: Uint8Array;
}

export interface StoredLeaf {
  readonly index: number;
  readonly id: string;
  /** The entry: exactly the bytes that were hashed. */
  readonly entry: Uint8Array;
  readonly hash: Uint8Array;
}

/** 256 hashes, 8,192 bytes. */
export interface FullTile {
  readonly level: number;
  readonly index: number;
  readonly hashes: Uint8Array;
}

/** What of a batch's leaves is a record: something with archived inputs. */
export interface NewRecord {
  /** The id of its leaf. */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Digest of its manifest, `sha256:<hex>`. */
  readonly manifest: string;
  /** Digests of all that it saw, the manifest among them. */
  readonly uses: readonly string[];
}

export interface NewBlob {
  /** `sha256:<hex>` of the bytes. */
  readonly digest: string;
  readonly bytes: Uint8Array;
}

export interface Batch<Companion = never> {
  readonly fence: Fence;
  /** The log's size before. */
  readonly base: number;
  readonly leaves: readonly Omit<StoredLeaf, 'index'>[];
  readonly records: readonly NewRecord[];
  readonly blobs: readonly NewBlob[];
  /** Changes of the same database that are made in the same transaction, in order: plain data. */
  readonly companions: readonly Companion[];
}

/** The log with the leaves of a batch. */
export interface NextState {
  /** Those that these leaves make full, of every level. */
  readonly tiles: readonly FullTile[];
  readonly head: LogHead;
}

/** A record by its time, milliseconds since the epoch, and the index of its leaf. */
export interface RecordPlace {
  readonly at: number;
  readonly index: number;
}

export interface RecordRow extends RecordPlace {
  readonly id: string;
  readonly manifest: string;
  /** Why what it saw is gone, and since when, where it is. */
  readonly forgotten?: { readonly at: number; readonly reason: string };
}

export interface Forgotten {
  readonly records: number;
  readonly blobs: number;
}

export interface StoreFault {
  /** Table and key, e.g. `leaves[17].entry`. */
  readonly at: string;
  readonly problem: string;
}
