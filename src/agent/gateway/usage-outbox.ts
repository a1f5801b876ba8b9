import { Fault } from '../../core/fault.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';

/** Hands statements in. @throws Fault where the gateway does not take them now. */
export type PushUsage = (statements: readonly string[]) => Promise<void>;

export interface OutboxOptions {
  /** Undefined where nobody wants them. */
  readonly push: PushUsage | undefined;
  /** Resolves after so many milliseconds, or at once when the signal is aborted. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  /** After a failure, in milliseconds; doubled with each up to the most. */
  readonly retry: number;
  readonly retryMost: number;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** As many as the gateway takes at once. */
const BATCH = 64;
const MOST = 4096;

/**
 * Statements of sessions whose connection is gone, until the gateway has them. The oldest are lost
 * where there are too many: whoever bills sees the gap in their numbers.
 */
export class UsageOutbox {
  readonly #options: OutboxOptions;
  readonly #waiting: string[] = [];
  #wake: () => void = () => undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  add(statement: string): void {
    if (this.#options.push === undefined) return;
    this.#waiting.push(statement);
    if (this.#waiting.length > MOST) {
      this.#waiting.shift();
      this.#lost(1);
    }
    this.#wake();
  }

  /** Hands in what comes, until it is told to end. */
  async run(signal: AbortSignal): Promise<void> {
    const { pause, retry, retryMost } = this.#options;
    let wait = retry;
    while (!signal.aborted) {
      if (this.#waiting.length === 0) await this.#some(signal);
      else if (await this.#hand()) wait = retry;
      else {
        await pause(wait, signal);
        wait = Math.min(2 * wait, retryMost);
      }
    }
  }

  /** Once more before the end: what the gateway does not take now is lost. */
  async flush(): Promise<void> {
    while (this.#waiting.length > 0) if (!(await this.#hand())) break;
    if (this.#waiting.length > 0) this.#lost(this.#waiting.length);
  }

  #some(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const go = () => {
        signal.removeEventListener('abort', go);
        resolve();
      };
      this.#wake = go;
      signal.addEventListener('abort', go);
    });
  }

  async #hand(): Promise<boolean> {
    const batch = this.#waiting.slice(0, BATCH);
    try {
      await this.#options.push?.(batch);
    } catch (error) {
      this.#options.metrics.count('gateway_failures');
      // Not now; or never, where it says that these are wrong: the next ones need not wait for them.
      if (!isRefusal(error)) return false;
      this.#lost(batch.length);
    }
    for (const one of batch) {
      const at = this.#waiting.indexOf(one);
      if (at >= 0) this.#waiting.splice(at, 1);
    }
    this.#options.log('debug', 'usage handed over', { count: batch.length });
    return true;
  }

  #lost(count: number): void {
    for (let i = 0; i < count; i++) this.#options.metrics.count('usage_lost');
    this.#options.log('error', 'usage lost', { count });
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof Fault && ['malformed', 'usage', 'conflict'].includes(error.code);
}
