import { Fault, malformed } from '../../src/core/fault.ts';
import { signaturesIn } from '../../src/ledger/note/signed-note.ts';
import type {
  Batch,
  Fence,
  LeaseAnswer,
  LeasePurpose,
  LeaseState,
  LedgerStore,
  LogHead,
  NewBlob,
  NewRecord,
  NextState,
  RecordPlace,
  StoredLeaf,
} from '../../src/ledger/store.ts';

type Method = keyof LedgerStore;

/**
 * Stands around every call: may refuse before it is done, lose the answer after, wait, or answer
 * something else.
 */
export type Around = (method: Method, act: () => Promise<unknown>) => Promise<unknown>;

/** A ledger in memory, as the port says it; as open to tampering as a database is. */
export class MemoryStore implements LedgerStore<string> {
  readonly leafRows: StoredLeaf[] = [];
  /** By level, then index. */
  readonly tileRows: Uint8Array[][] = [];
  readonly heads = new Map<number, LogHead>();
  readonly recordRows = new Map<string, NewRecord>();
  readonly blobRows = new Map<string, NewBlob>();
  readonly lines = new Map<number, string[]>();
  readonly commits: Batch<string>[] = [];
  /** Companions so far: each can be there once. */
  readonly companions: string[] = [];
  lease: (LeaseState & { readonly wanted: boolean }) | undefined;
  restored: number | undefined;
  readonly #ids = new Set<string>();
  #tokens = 0;

  /** The same ledger as somebody else sees it. */
  seenThrough(around: Around): LedgerStore<string> {
    return new Proxy<LedgerStore<string>>(this, {
      get: (store, name: Method) => {
        // A method of the store is called as such, whatever its arguments.
        const method = store[name] as (...args: unknown[]) => Promise<unknown>;
        return (...args: unknown[]) => around(name, () => method.apply(store, args));
      },
    });
  }

  async takeLease(holder: string, purpose: LeasePurpose = 'write'): Promise<LeaseAnswer> {
    this.#wantNotRestored(purpose);
    if (this.lease === undefined) return this.#grant(holder);
    this.lease = { ...this.lease, wanted: true };
    return { taken: false, by: stateOf(this.lease) };
  }

  async seizeLease(
    holder: string,
    seen: LeaseState,
    purpose: LeasePurpose = 'write',
  ): Promise<LeaseAnswer> {
    this.#wantNotRestored(purpose);
    const by = this.lease && stateOf(this.lease);
    const isSame = by?.holder === seen.holder && by.token === seen.token && by.beat === seen.beat;
    return by === undefined || isSame ? this.#grant(holder) : { taken: false, by };
  }

  async beat(fence: Fence) {
    const lease = this.#held(fence);
    this.lease = { ...lease, beat: lease.beat + 1 };
    return { wanted: lease.wanted };
  }

  async releaseLease({ holder, token }: Fence) {
    if (this.lease?.holder === holder && this.lease.token === token) this.lease = undefined;
  }

  async markRestored(at: number) {
    this.lease = undefined;
    this.restored = at;
  }

  async restoredAt() {
    return this.restored;
  }

  async unmarkRestored(at: number) {
    if (this.restored !== at) throw new Fault('conflict', 'ledger', 'was marked at another time');
    this.restored = undefined;
  }

  #wantNotRestored(purpose: LeasePurpose): void {
    if (purpose === 'resume' || this.restored === undefined) return;
    throw new Fault('unreachable', 'ledger', 'is closed');
  }

  async head() {
    return this.heads.get(Math.max(...this.heads.keys()));
  }

  async checkpoint(size: number) {
    return this.heads.get(size);
  }

  async checkpoints(from: number, count: number) {
    const heads = [...this.heads.values()].sort((a, b) => a.size - b.size);
    return heads.filter(({ size }) => size >= from).slice(0, count);
  }

  async commit(batch: Batch<string>, next: () => NextState) {
    const { wanted } = this.#held(batch.fence);
    const size = (await this.head())?.size ?? 0;
    if (size !== batch.base) throw new Fault('conflict', 'checkpoints', `has ${size} leaves`);
    const ids = new Set<string>();
    for (const { id, entry } of batch.leaves) {
      if (ids.has(id)) throw new Fault('usage', `batch.leaves[${id}]`, 'is there twice');
      if (entry.length > 65_535) throw new Fault('usage', `batch.leaves[${id}]`, 'is too long');
      if (this.#ids.has(id)) {
        throw new Fault('conflict', `leaves[${id}]`, 'this id is taken');
      }
      ids.add(id);
    }
    const known = new Set([...this.blobRows.keys(), ...batch.blobs.map(({ digest }) => digest)]);
    const missing = batch.records.flatMap(({ uses }) => uses).find((one) => !known.has(one));
    if (missing !== undefined) throw new Fault('conflict', `blobs[${missing}]`, 'is missing');
    const all = [...this.companions, ...batch.companions];
    const twice = batch.companions.find((one) => all.indexOf(one) !== all.lastIndexOf(one));
    if (twice !== undefined)
      throw new Fault('conflict', `companions[${twice}]`, 'is there already');
    this.companions.push(...batch.companions);
    const { tiles: full, head } = next();
    for (const [i, leaf] of batch.leaves.entries()) {
      this.leafRows.push({ ...leaf, index: size + i });
      this.#ids.add(leaf.id);
    }
    for (const { level, index, hashes } of full) {
      const tiles = this.tileRows[level] ?? [];
      if (tiles.length !== index) throw new Fault('conflict', `tiles[${level}][${index}]`, 'gap');
      this.tileRows[level] = [...tiles, hashes];
    }
    for (const blob of batch.blobs) this.blobRows.set(blob.digest, blob);
    for (const record of batch.records) this.recordRows.set(record.id, record);
    this.heads.set(head.size, head);
    this.commits.push(batch);
    return { wanted };
  }

  async tiles(level: number, from: number, count: number) {
    return (this.tileRows[level] ?? []).slice(from, from + count);
  }

  async leafHashes(from: number, to: number) {
    return (await this.leaves(from, to)).map(({ hash }) => hash);
  }

  async leaves(from: number, to: number) {
    const size = (await this.head())?.size ?? 0;
    const leaves = this.leafRows.slice(from, to);
    const next = from + leaves.length;
    if (next < Math.min(to, size)) throw malformed(`leaves[${next}]`, `is missing, of ${size}`);
    return leaves;
  }

  async leafById(id: string) {
    return this.leafRows.find((leaf) => leaf.id === id);
  }

  async addCosignatures(size: number, lines: readonly string[]) {
    const bySigner = new Map<string, string>();
    for (const line of [...(this.lines.get(size) ?? []), ...lines]) {
      const [signature] = signaturesIn([line]);
      bySigner.set(`${signature?.id} ${signature?.name}`, line);
    }
    this.lines.set(size, [...bySigner.values()]);
  }

  async cosignatures(size: number) {
    return this.lines.get(size) ?? [];
  }

  async cosignedSizes(count: number) {
    return [...this.lines.keys()].sort((a, b) => b - a).slice(0, count);
  }

  async records(from: number, count: number) {
    return this.leafRows
      .slice(from)
      .flatMap(({ id }) => this.#recordOf(id) ?? [])
      .slice(0, count);
  }

  async record(id: string) {
    return this.#recordOf(id);
  }

  async recordsBefore(before: number, after: RecordPlace | undefined, count: number) {
    const { at, index } = after ?? { at: 0, index: -1 };
    return (await this.records(0, this.leafRows.length))
      .filter((row) => row.at < before && (row.at > at || (row.at === at && row.index > index)))
      .sort((a, b) => a.at - b.at || a.index - b.index)
      .slice(0, count);
  }

  async forgotten() {
    return 0;
  }

  async blob(digest: string) {
    return this.blobRows.get(digest)?.bytes;
  }

  async blobDigests(after: string | undefined, count: number) {
    const digests = [...this.blobRows.keys()].sort();
    return digests.filter((digest) => digest > (after ?? '')).slice(0, count);
  }

  async knownBlobs(digests: readonly string[]) {
    return digests.filter((digest) => this.blobRows.has(digest));
  }

  async forget(): Promise<never> {
    throw malformed('memory', 'forgets nothing');
  }

  async faults() {
    return [];
  }

  async backup(): Promise<never> {
    throw new Fault('usage', 'memory', 'is in no file');
  }

  async close() {
    // Nothing is open.
  }

  #grant(holder: string): LeaseAnswer {
    const fence = { holder, token: ++this.#tokens };
    this.lease = { ...fence, beat: 0, wanted: false };
    return { taken: true, fence };
  }

  #held({ holder, token }: Fence) {
    const { lease } = this;
    if (lease?.holder === holder && lease.token === token) return lease;
    throw new Fault('conflict', 'lease', `is not ${holder}’s under token ${token}`);
  }

  #recordOf(id: string) {
    const record = this.recordRows.get(id);
    const leaf = this.leafRows.find((one) => one.id === id);
    if (record === undefined || leaf === undefined) return undefined;
    return { id, index: leaf.index, at: record.at, manifest: record.manifest };
  }
}

function stateOf({ holder, token, beat }: LeaseState): LeaseState {
  return { holder, token, beat };
}
