const MINUTE = 60_000;

/** So many in a time, and so many at once where there were none for a while. */
export class Rate {
  readonly #atOnce: number;
  /** A millisecond. */
  readonly #each: number;
  #left: number;
  #at: number | undefined;

  /** @param within in milliseconds. */
  constructor(atOnce: number, most: number, within: number) {
    this.#atOnce = atOnce;
    this.#each = most / within;
    this.#left = atOnce;
  }

  static perMinute(most: number): Rate {
    return new Rate(most, most, MINUTE);
  }

  /** @param now in milliseconds; a clock that goes back gives nothing. */
  take(now: number): boolean {
    const passed = Math.max(0, now - (this.#at ?? now));
    this.#at = Math.max(now, this.#at ?? now);
    this.#left = Math.min(this.#atOnce, this.#left + passed * this.#each);
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
