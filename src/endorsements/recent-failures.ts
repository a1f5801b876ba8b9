import type { Failure } from './failure.ts';

/** Names may come from strangers' quotes: the oldest is dropped rather than memory filled. */
const MOST_NAMES = 256;
/** Of a service that sees to a whole fleet. */
export const FLEET_NAMES = 4096;

/** What failed a moment ago and need not be tried again yet. */
export class RecentFailures {
  readonly #backOffMs: number;
  readonly #most: number;
  readonly #failed = new Map<
    string,
    { readonly at: number; readonly backOffMs: number; readonly failure: Failure }
  >();

  constructor(backOffMs: number, most = MOST_NAMES) {
    this.#backOffMs = backOffMs;
    this.#most = most;
  }

  /** @param backOffMs where this failure is known to last longer, or shorter, than most. */
  remember(name: string, now: number, failure: Failure, backOffMs = this.#backOffMs): void {
    this.#failed.delete(name);
    this.#failed.set(name, { at: now, backOffMs, failure });
    const oldest = this.#failed.keys().next();
    if (this.#failed.size > this.#most && !oldest.done) this.#failed.delete(oldest.value);
  }

  forget(name: string): void {
    this.#failed.delete(name);
  }

  /** Also undefined when the clock went back, so that it can't lock a source out for long. */
  recent(name: string, now: number): Failure | undefined {
    const failed = this.#failed.get(name);
    if (failed === undefined || now < failed.at) return undefined;
    return now - failed.at < failed.backOffMs ? failed.failure : undefined;
  }
}
