const MINUTE = 60_000;

/** So many a minute, and as many at once where there were none for a while. */
export class RatePerMinute {
  readonly #most: number;
  #left: number;
  #at: number | undefined;

  constructor(most: number) {
    this.#most = most;
    this.#left = most;
  }

  /** @param now in milliseconds; a clock that goes back gives nothing. */
  take(now: number): boolean {
    const passed = Math.max(0, now - (this.#at ?? now));
    this.#at = Math.max(now, this.#at ?? now);
    this.#left = Math.min(this.#most, this.#left + (passed * this.#most) / MINUTE);
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
