import { Fault } from '../../../core/fault.ts';
import { PoolThread, type ThreadOptions } from './pool-thread.ts';

export interface PoolOptions extends ThreadOptions {
  /** At least one. */
  readonly threads: number;
  /** How much work may wait for a thread: more is turned away. */
  readonly waiting: number;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
  readonly observe?: PoolObserver;
}

/** Told of what goes on, for metrics. */
export interface PoolObserver {
  readonly changed: (running: number, waiting: number) => void;
  /** Milliseconds that it waited for a thread, and that a thread took. */
  readonly done: (waited: number, ran: number) => void;
  /** A thread ended that nobody had told to. */
  readonly lost: () => void;
}

interface Waiting {
  readonly work: unknown;
  readonly since: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * So many threads of one kind. Work waits in the order in which it came, and not without bounds. A
 * thread that dies, or has to be ended, takes down what it was doing and nothing else: another takes
 * its place.
 */
export class ThreadPool {
  readonly #options: PoolOptions;
  readonly #threads = new Set<PoolThread>();
  readonly #idle: PoolThread[] = [];
  readonly #queue: Waiting[] = [];
  #closing = false;
  #drained: (() => void) | undefined;

  /** @throws Fault `internal` where a thread can't begin. */
  static async open(options: PoolOptions): Promise<ThreadPool> {
    const pool = new ThreadPool(options);
    try {
      await Promise.all([...pool.#threads].map(({ ready }) => ready));
    } catch (error) {
      await pool.close();
      throw error;
    }
    return pool;
  }

  private constructor(options: PoolOptions) {
    this.#options = options;
    for (let i = 0; i < options.threads; i++) this.#idle.push(this.#begin());
  }

  /**
   * @param work plain data.
   * @throws Fault what the work throws, `busy` where too much waits already or the pool is closed,
   *   `internal` where the thread ended over it.
   */
  run(work: unknown): Promise<unknown> {
    const { name, waiting, clock } = this.#options;
    if (this.#closing) return Promise.reject(new Fault('busy', name, 'is closed'));
    if (!this.#isFree() && this.#queue.length >= waiting) {
      const detail = `${this.#queue.length} are waiting already: try again in a moment`;
      return Promise.reject(new Fault('busy', name, detail));
    }
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#queue.push({ work, since: clock(), resolve, reject });
    this.#next();
    return promise;
  }

  /** Takes no more; what was taken comes to its end before the threads do. */
  async close(): Promise<void> {
    this.#closing = true;
    if (!this.#isDone()) {
      await new Promise<void>((resolve) => {
        this.#drained = resolve;
      });
    }
    await Promise.all([...this.#threads].map((thread) => thread.end()));
  }

  #isFree(): boolean {
    return this.#idle.length > 0 || this.#threads.size < this.#options.threads;
  }

  #isDone(): boolean {
    return this.#queue.length === 0 && this.#idle.length === this.#threads.size;
  }

  #begin(): PoolThread {
    const thread = new PoolThread(this.#options, (ended, wasReady) => this.#lose(ended, wasReady));
    this.#threads.add(thread);
    return thread;
  }

  /** One that could not even begin is begun again when there is work for it, and not over and over. */
  #lose(thread: PoolThread, wasReady: boolean): void {
    this.#threads.delete(thread);
    const at = this.#idle.indexOf(thread);
    if (at >= 0) this.#idle.splice(at, 1);
    if (this.#closing && this.#isDone()) return;
    this.#options.observe?.lost();
    if (wasReady) this.#idle.push(this.#begin());
    this.#next();
  }

  #next(): void {
    while (this.#queue.length > 0 && this.#isFree()) {
      const next = this.#queue.shift();
      if (next !== undefined) void this.#do(this.#idle.pop() ?? this.#begin(), next);
    }
    this.#tell();
    if (this.#closing && this.#isDone()) this.#drained?.();
  }

  async #do(thread: PoolThread, { work, since, resolve, reject }: Waiting): Promise<void> {
    const { clock, observe } = this.#options;
    const begun = clock();
    try {
      resolve(await thread.run(work));
    } catch (error) {
      reject(error);
    }
    observe?.done(begun - since, clock() - begun);
    // The last to be used is the next: what it remembers is the freshest.
    if (this.#threads.has(thread)) this.#idle.push(thread);
    this.#next();
  }

  #tell(): void {
    const running = this.#threads.size - this.#idle.length;
    this.#options.observe?.changed(running, this.#queue.length);
  }
}
