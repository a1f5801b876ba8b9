import { Worker } from 'node:worker_threads';
import { Fault } from '../core/fault.ts';
import type { FleetChange } from '../gateway/fleet/store.ts';
import type {
  Batch,
  Fence,
  LeasePurpose,
  LeaseState,
  NextState,
  RecordPlace,
} from '../ledger/store.ts';
import type { GatewayStore } from './gateway-store.ts';
import {
  type Answer,
  type Arguments,
  type Beginning,
  faultData,
  faultFrom,
  type Method,
  type News,
  type Next,
  type ThreadStore,
} from './messages.ts';
import { own } from './own-buffer.ts';
import { compactChange, RemoteFleet } from './remote-fleet.ts';

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (fault: Fault) => void;
}

/** How long a thread that was told to close may take: a server may have stopped answering. */
const CLOSING_MS = 15_000;

/**
 * A store in a thread of its own, seen from this one. Once that thread has ended, by whatever
 * cause, every call that waits and every later one is refused: none hangs.
 */
export class RemoteStore extends RemoteFleet implements GatewayStore {
  readonly #name: string;
  readonly #entry: URL;
  readonly #beginning: Beginning;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #calls = 0;
  #ended: Fault | undefined;
  #closing: Promise<void> | undefined;

  /**
   * @param entry the module that the thread runs.
   * @param name of the store, for messages: a file, or an address without its password.
   */
  static async open(entry: URL, name: string, beginning: Beginning): Promise<RemoteStore> {
    const store = new RemoteStore(entry, name, beginning);
    await store.#wait<void>(0);
    return store;
  }

  private constructor(entry: URL, name: string, beginning: Beginning) {
    super();
    this.#name = name;
    this.#entry = entry;
    this.#beginning = beginning;
    // Sources run as they are, by the same condition that the rest of them was found by.
    const execArgv = entry.pathname.endsWith('.ts') ? ['-C', 'postern-src'] : [];
    this.#worker = new Worker(entry, { workerData: beginning, execArgv, name: 'store' });
    this.#worker.on('message', (said: Answer | News) => this.#take(said));
    this.#worker.on('messageerror', (error) => this.#end(error));
    this.#worker.on('error', (error) => this.#end(error));
    this.#worker.on('exit', () => this.#end(undefined));
  }

  takeLease(holder: string, purpose?: LeasePurpose) {
    return this.#call('takeLease', holder, purpose);
  }

  seizeLease(holder: string, seen: LeaseState, purpose?: LeasePurpose) {
    return this.#call('seizeLease', holder, seen, purpose);
  }

  beat(fence: Fence) {
    return this.#call('beat', fence);
  }

  releaseLease(fence: Fence) {
    return this.#call('releaseLease', fence);
  }

  markRestored(at: number) {
    return this.#call('markRestored', at);
  }

  restoredAt() {
    return this.#call('restoredAt');
  }

  unmarkRestored(at: number) {
    return this.#call('unmarkRestored', at);
  }

  head() {
    return this.#call('head');
  }

  checkpoint(size: number) {
    return this.#call('checkpoint', size);
  }

  checkpoints(from: number, count: number) {
    return this.#call('checkpoints', from, count);
  }

  commit(batch: Batch<FleetChange>, next: () => NextState) {
    const answer = this.#call('commit', compact(batch));
    const of = this.#calls;
    // Where the call did not get away, nothing is signed for it.
    if (this.#waiting.has(of)) this.#follow(of, next);
    return answer;
  }

  tiles(level: number, from: number, count: number) {
    return this.#call('tiles', level, from, count);
  }

  leafHashes(from: number, to: number) {
    return this.#call('leafHashes', from, to);
  }

  leaves(from: number, to: number) {
    return this.#call('leaves', from, to);
  }

  leafById(id: string) {
    return this.#call('leafById', id);
  }

  addCosignatures(size: number, lines: readonly string[]) {
    return this.#call('addCosignatures', size, lines);
  }

  cosignatures(size: number) {
    return this.#call('cosignatures', size);
  }

  cosignedSizes(count: number) {
    return this.#call('cosignedSizes', count);
  }

  records(from: number, count: number) {
    return this.#call('records', from, count);
  }

  record(id: string) {
    return this.#call('record', id);
  }

  recordsBefore(before: number, after: RecordPlace | undefined, count: number) {
    return this.#call('recordsBefore', before, after, count);
  }

  forgotten() {
    return this.#call('forgotten');
  }

  blob(digest: string) {
    return this.#call('blob', digest);
  }

  blobDigests(after: string | undefined, count: number) {
    return this.#call('blobDigests', after, count);
  }

  knownBlobs(digests: readonly string[]) {
    return this.#call('knownBlobs', digests);
  }

  forget(before: number, at: number, reason: string) {
    return this.#call('forget', before, at, reason);
  }

  faults() {
    return this.#call('faults');
  }

  /** In one more thread: this one's goes on committing while all of it is copied. */
  async backup(path: string) {
    if (this.#ended !== undefined) throw this.#ended;
    const beginning = { ...this.#beginning, archiveKey: undefined };
    const copier = await RemoteStore.open(this.#entry, this.#name, beginning);
    try {
      await copier.#call('backup', path);
    } finally {
      await copier.close();
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#ended !== undefined) return;
    const timer = setTimeout(() => void this.#worker.terminate(), CLOSING_MS);
    const gone = new Promise<void>((resolve) => this.#worker.once('exit', () => resolve()));
    try {
      await this.#call('close');
      await gone;
    } finally {
      clearTimeout(timer);
    }
  }

  protected call<M extends Method>(method: M, ...args: Arguments[M]) {
    return this.#call(method, ...args);
  }

  #call<M extends Method>(method: M, ...args: Arguments[M]): ReturnType<ThreadStore[M]> {
    const call = ++this.#calls;
    const answer = this.#wait<Awaited<ReturnType<ThreadStore[M]>>>(call);
    try {
      if (this.#ended === undefined) this.#worker.postMessage({ call, method, args });
    } catch (error) {
      // What can't be copied to another thread is no plain data.
      const detail = error instanceof Error ? error.message : String(error);
      this.#settle(call)?.reject(
        new Fault('internal', `store.${method}`, detail, { cause: error }),
      );
    }
    return answer as ReturnType<ThreadStore[M]>;
  }

  /** In the same turn as the call, whatever happens: the thread waits for it in a transaction. */
  #follow(of: number, next: () => NextState): void {
    const send = (message: Next) => this.#worker.postMessage(message);
    try {
      send({ of, next: compactState(next()) });
    } catch (error) {
      send({ of, fault: faultData(error) });
    }
  }

  #wait<T>(call: number): Promise<T> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    // Whoever awaits an answer stays alive for it; a store that is idle keeps nobody.
    this.#worker.ref();
    return new Promise<T>((resolve, reject) => this.#waiting.set(call, { resolve, reject }));
  }

  #settle(call: number): Waiting | undefined {
    const waiting = this.#waiting.get(call);
    this.#waiting.delete(call);
    if (this.#waiting.size === 0 && this.#closing === undefined) this.#worker.unref();
    return waiting;
  }

  #take(answer: Answer | News): void {
    if ('news' in answer) {
      this.onNews();
      return;
    }
    const waiting = this.#settle(answer.call);
    if ('fault' in answer) waiting?.reject(faultFrom(answer.fault));
    else waiting?.resolve(answer.value as never);
  }

  #end(error: Error | undefined): void {
    if (this.#ended !== undefined) return;
    const why = error === undefined ? '' : `: ${error.message}`;
    const detail =
      this.#closing === undefined ? `the thread that keeps it has ended${why}` : 'is closed';
    this.#ended = new Fault('unreachable', this.#name, detail, error && { cause: error });
    for (const call of [...this.#waiting.keys()]) this.#settle(call)?.reject(this.#ended);
  }
}

/**
 * The same batch, each array of bytes with a buffer of its own: what is copied to another thread
 * is the whole buffer that an array looks into.
 */
function compact(batch: Batch<FleetChange>): Batch<FleetChange> {
  return {
    ...batch,
    leaves: batch.leaves.map(({ id, entry, hash }) => ({ id, entry: own(entry), hash: own(hash) })),
    blobs: batch.blobs.map(({ digest, bytes }) => ({ digest, bytes: own(bytes) })),
    companions: batch.companions.map(compactChange),
  };
}

function compactState({ tiles, head }: NextState): NextState {
  return {
    tiles: tiles.map((tile) => ({ ...tile, hashes: own(tile.hashes) })),
    head: { ...head, root: own(head.root), checkpoint: own(head.checkpoint) },
  };
}
