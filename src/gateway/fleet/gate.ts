import { Fault } from '../../core/fault.ts';

export interface GateLimits {
  readonly atOnce: number;
  /** More than these are turned away at once: a long queue is only a slower refusal. */
  readonly waiting: number;
}

/** Lets so many through at the same time; the others wait in the order in which they came. */
export class Gate {
  readonly #what: string;
  readonly #limits: GateLimits;
  readonly #queue: (() => void)[] = [];
  #inside = 0;

  /** @param what it is about, for the fault. */
  constructor(what: string, limits: GateLimits) {
    this.#what = what;
    this.#limits = limits;
  }

  /** @throws Fault `busy` where too many wait already, and what `act` throws. */
  async through<T>(act: () => Promise<T>): Promise<T> {
    if (this.#inside >= this.#limits.atOnce) {
      if (this.#queue.length >= this.#limits.waiting) {
        const detail = `${this.#queue.length} are waiting already: try again in a moment`;
        throw new Fault('busy', this.#what, detail);
      }
      await new Promise<void>((resolve) => this.#queue.push(resolve));
    } else {
      this.#inside++;
    }
    try {
      return await act();
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#inside--;
      else next();
    }
  }
}
