import { Fault } from '../../core/fault.ts';

/** How often a service is asked. */
export interface Pace {
  /** Between requests in the long run. */
  readonly intervalMs: number;
  /** How many may follow each other at once after a rest. */
  readonly burst: number;
  /** How many callers may wait; one more is sent away. */
  readonly mostWaiting: number;
  /** The longest that one caller waits for its turns, all tries together. */
  readonly patienceMs: number;
}

export interface TurnDeps {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly pause: (ms: number) => Promise<void>;
  /** Told before a wait, for somebody who sits before a terminal. */
  readonly onWait?: (ms: number, at: string) => void;
}

/** One caller at the head of the queue. */
export interface Turn {
  /**
   * Waits `ms`, and for the next slot, at the head of the queue: nobody asks meanwhile.
   *
   * @returns false at once when that is beyond the caller's patience.
   */
  readonly again: (ms: number) => Promise<boolean>;
}

/** Clocks are set back; then a mark in the future must not hold everybody up. */
interface Hold {
  readonly from: number;
  readonly until: number;
}

/**
 * One queue for one service: one request at a time, in the order of arrival, no more than the
 * pace allows. Every wait is bounded, whatever the service says or the clock does.
 */
export class Turns {
  readonly #deps: TurnDeps;
  readonly #pace: Pace;
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();
  /** When the slots taken so far will have been paid for, one interval each. */
  #paidUntil = Number.NEGATIVE_INFINITY;
  #hold: Hold = { from: 0, until: 0 };

  constructor(deps: TurnDeps, pace: Pace) {
    this.#deps = deps;
    this.#pace = pace;
  }

  /**
   * @param at the URL to be asked, for what is thrown.
   * @throws Fault `unreachable` when too many wait already, or the turn would come too late.
   */
  async take<T>(at: string, request: (turn: Turn) => Promise<T>): Promise<T> {
    const { mostWaiting } = this.#pace;
    if (this.#waiting >= mostWaiting) {
      throw new Fault('unreachable', at, `not asked: ${mostWaiting} requests wait already`);
    }
    this.#waiting++;
    const since = this.#deps.now();
    const mine = this.#last.then(async () => {
      if (!(await this.#slot(at, since, 0))) throw this.#tooLate(at);
      return request({ again: (ms) => this.#slot(at, since, ms) });
    });
    // Whoever comes next waits for the end, not for the success, of this one.
    this.#last = mine.catch(() => undefined);
    return mine.finally(() => {
      this.#waiting--;
    });
  }

  /** Nobody asks for so long: the service said so. */
  holdOff(ms: number): void {
    const from = this.#deps.now();
    this.#hold = { from, until: from + ms };
  }

  async #slot(at: string, since: number, atLeast: number): Promise<boolean> {
    const now = this.#deps.now();
    const wait = Math.max(atLeast, this.#untilSlot(now), this.#untilHold(now));
    if (now - since + wait > this.#pace.patienceMs) return false;
    if (wait > 0) {
      this.#deps.onWait?.(wait, at);
      await this.#deps.pause(wait);
    }
    this.#paidUntil = Math.max(this.#debtAt(now), now + wait) + this.#pace.intervalMs;
    return true;
  }

  #untilSlot(now: number): number {
    const { intervalMs, burst } = this.#pace;
    return Math.max(0, this.#debtAt(now) - now - (burst - 1) * intervalMs);
  }

  /** Never more than a full burst ahead, unless the clock was set back. */
  #debtAt(now: number): number {
    const { intervalMs, burst } = this.#pace;
    return Math.min(this.#paidUntil, now + burst * intervalMs);
  }

  #untilHold(now: number): number {
    const { from, until } = this.#hold;
    return from <= now && now < until ? until - now : 0;
  }

  #tooLate(at: string): Fault {
    const held = this.#untilHold(this.#deps.now());
    const because =
      held > 0
        ? `the service asked to be left alone, for another ${Math.ceil(held / 1000)} s`
        : `its turn did not come within ${this.#pace.patienceMs / 1000} s`;
    return new Fault('unreachable', at, `not asked: ${because}`);
  }
}
