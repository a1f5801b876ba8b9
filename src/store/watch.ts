/** Between two tries to look at a database that is not there. */
const LONGEST_PAUSE = 5_000;

/** Looks again and again, at once when it is woken, and calls back when it sees something else. */
export class Watch {
  readonly #look: () => Promise<number>;
  readonly #onChange: () => void;
  /** Undefined: nobody knows what was missed, and the next look calls back whatever it sees. */
  #seen: number | undefined;
  #wake: (() => void) | undefined;
  #isAwake = false;
  #isStopped = false;

  /**
   * @param every milliseconds between two looks.
   * @throws what the first look throws; later ones are tried again.
   */
  static async start(
    look: () => Promise<number>,
    every: number,
    onChange: () => void,
  ): Promise<Watch> {
    const watch = new Watch(look, onChange);
    watch.#seen = await look();
    void watch.#run(every);
    return watch;
  }

  private constructor(look: () => Promise<number>, onChange: () => void) {
    this.#look = look;
    this.#onChange = onChange;
  }

  /** Something may have changed. */
  wake(): void {
    this.#isAwake = true;
    this.#wake?.();
  }

  /** What comes next may have come after something that nobody saw. */
  lose(): void {
    this.#seen = undefined;
  }

  stop(): void {
    this.#isStopped = true;
    this.wake();
  }

  async #run(every: number): Promise<void> {
    let pause = every;
    for (;;) {
      await this.#rest(pause);
      if (this.#isStopped) return;
      this.#isAwake = false;
      const before = this.#seen;
      // Not there: whoever uses the database is told so, and this waits until it is.
      const now = await this.#look().catch(() => undefined);
      pause = now === undefined ? Math.min(2 * pause, LONGEST_PAUSE) : every;
      // What was lost while it looked is still lost.
      if (now === undefined || this.#seen === before) this.#seen = now;
      if (now !== undefined && now !== before && !this.#isStopped) this.#onChange();
    }
  }

  /** Keeps no process alive. */
  #rest(ms: number): Promise<void> {
    if (this.#isAwake) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      timer.unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
