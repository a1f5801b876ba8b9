import { Fault } from '../../core/fault.ts';
import type { UsageFate } from '../../protocol/session/usage.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';

/** Hands statements in. @returns what became of each. @throws Fault where none is taken now. */
export type PushUsage = (statements: readonly string[]) => Promise<readonly UsageFate[]>;

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
/** The session of one may not have been noted down yet; after so many times it never will be. */
const MOST_TRIES = 10;
const NOT_YET: ReadonlySet<UsageFate | undefined> = new Set<UsageFate>(['session', 'lost']);

interface Waiting {
  readonly statement: string;
  readonly tries: number;
}

/**
 * Statements of sessions whose connection is gone, until the gateway has them. Where there are too
 * many, those are lost that it turned away most often, then the oldest: whoever bills sees the gap
 * in their numbers.
 */
export class UsageOutbox {
  readonly #options: OutboxOptions;
  #waiting: readonly Waiting[] = [];
  #wake: () => void = () => undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  add(statement: string): void {
    if (this.#options.push === undefined) return;
    this.#put([{ statement, tries: 0 }]);
    this.#wake();
  }

  /** Hands in what comes, until it is told to end. */
  async run(signal: AbortSignal): Promise<void> {
    const { pause, retry, retryMost } = this.#options;
    let wait = retry;
    while (!signal.aborted) {
      if (this.#waiting.length === 0) await this.#some(signal);
      else {
        const { took, left } = await this.#hand();
        if (took) wait = retry;
        if (!left) continue;
        await pause(wait, signal);
        wait = Math.min(2 * wait, retryMost);
      }
    }
  }

  /** Once more before the end: what the gateway does not take now is lost. */
  async flush(): Promise<void> {
    while (this.#waiting.length > 0) if ((await this.#hand()).left) break;
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

  /** @returns whether the gateway has any of a batch now, and whether any of it has to come again. */
  async #hand(): Promise<{ readonly took: boolean; readonly left: boolean }> {
    const batch = this.#waiting.slice(0, BATCH);
    let fates: readonly UsageFate[] | undefined;
    try {
      fates = await this.#options.push?.(batch.map(({ statement }) => statement));
    } catch (error) {
      this.#options.metrics.count('gateway_failures');
      // Not now; or never, where it says that these are wrong: the next ones need not wait for them.
      if (!isRefusal(error)) return { took: false, left: true };
      this.#remove(batch);
      this.#lost(batch.length);
      return { took: false, left: false };
    }
    const again = batch.filter((_, i) => NOT_YET.has(fates?.[i]));
    this.#remove(batch);
    const worth = again.filter(({ tries }) => tries + 1 < MOST_TRIES);
    this.#put(worth.map(({ statement, tries }) => ({ statement, tries: tries + 1 })));
    if (worth.length < again.length) this.#lost(again.length - worth.length);
    const count = batch.length - again.length;
    if (count > 0) this.#options.log('debug', 'usage handed over', { count });
    return { took: count > 0, left: worth.length > 0 };
  }

  #put(more: readonly Waiting[]): void {
    this.#waiting = [...this.#waiting, ...more];
    const over = this.#waiting.length - MOST;
    if (over <= 0) return;
    this.#remove(this.#waiting.toSorted((a, b) => b.tries - a.tries).slice(0, over));
    this.#lost(over);
  }

  #remove(some: readonly Waiting[]): void {
    const gone = new Set(some);
    this.#waiting = this.#waiting.filter((one) => !gone.has(one));
  }

  #lost(count: number): void {
    for (let i = 0; i < count; i++) this.#options.metrics.count('usage_lost');
    this.#options.log('error', 'usage lost', { count });
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof Fault && ['malformed', 'usage', 'conflict'].includes(error.code);
}
