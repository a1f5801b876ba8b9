import { Worker } from 'node:worker_threads';
import { Fault } from '../../../core/fault.ts';
import { type FaultData, faultFrom } from '../../../core/fault-data.ts';

/** What a thread says: once that it is ready, and then an answer to each piece of work, in order. */
export type Said = 'ready' | { readonly value: unknown } | { readonly fault: FaultData };

export interface ThreadOptions {
  /** The module that it runs. */
  readonly entry: URL;
  /** For faults, and for whoever looks at threads. */
  readonly name: string;
  /** Plain data that it begins with. */
  readonly beginning: unknown;
  /** How long one piece of work may take, in milliseconds; then the thread is ended. */
  readonly deadline: number;
}

interface Running {
  readonly resolve: (value: unknown) => void;
  readonly reject: (fault: Fault) => void;
  readonly timer: NodeJS.Timeout;
}

/** A thread that does one piece of work at a time. Once it has ended, by whatever cause, it says so. */
export class PoolThread {
  /** Rejects where it ended before it could do anything. */
  readonly ready: Promise<void>;
  readonly #options: ThreadOptions;
  readonly #worker: Worker;
  readonly #ready = Promise.withResolvers<void>();
  #running: Running | undefined;
  #ended: Fault | undefined;

  /** @param onEnd told once, whether it was ready ever; what it was doing was answered before. */
  constructor(options: ThreadOptions, onEnd: (thread: PoolThread, wasReady: boolean) => void) {
    const { entry, name, beginning: workerData } = options;
    this.#options = options;
    this.ready = this.#ready.promise;
    this.ready.catch(() => undefined);
    // Sources run as they are, by the same condition that the rest of them was found by.
    const execArgv = entry.pathname.endsWith('.ts') ? ['-C', 'postern-src'] : [];
    this.#worker = new Worker(entry, { workerData, execArgv, name });
    let wasReady = false;
    const end = (why: string, cause?: Error) => {
      if (this.#ended !== undefined) return;
      this.#ended = new Fault('internal', name, why, cause && { cause });
      this.#ready.reject(this.#ended);
      this.#settle()?.reject(this.#ended);
      onEnd(this, wasReady);
    };
    this.#onDeadline = () => {
      end(`took longer than ${options.deadline} ms: its thread was ended, and nothing is said`);
      void this.#worker.terminate();
    };
    this.#worker.on('message', (said: Said) => {
      if (said === 'ready') wasReady = true;
      this.#take(said);
    });
    this.#worker.on('messageerror', (error) => end(`an answer could not be read: ${error}`, error));
    this.#worker.on('error', (error) => end(`its thread has ended: ${error.message}`, error));
    this.#worker.on('exit', () => end('its thread has ended'));
  }

  readonly #onDeadline: () => void;

  /** Only while it does nothing else. @throws Fault `internal` where it ended, or was too slow. */
  run(work: unknown): Promise<unknown> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const timer = setTimeout(this.#onDeadline, this.#options.deadline);
    this.#running = { resolve, reject, timer };
    // Whoever awaits an answer stays alive for it; a thread that is idle keeps nobody.
    this.#worker.ref();
    try {
      this.#worker.postMessage(work);
    } catch (error) {
      // What can't be copied to another thread is no plain data.
      const detail = error instanceof Error ? error.message : String(error);
      this.#settle()?.reject(new Fault('internal', this.#options.name, detail, { cause: error }));
    }
    return promise;
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #take(said: Said): void {
    if (said === 'ready') {
      this.#ready.resolve();
      if (this.#running === undefined) this.#worker.unref();
      return;
    }
    const running = this.#settle();
    if ('fault' in said) {
      running?.reject(faultFrom(said.fault, `in a thread for ${this.#options.name}`));
    } else running?.resolve(said.value);
  }

  #settle(): Running | undefined {
    const running = this.#running;
    clearTimeout(running?.timer);
    this.#running = undefined;
    this.#worker.unref();
    return running;
  }
}
