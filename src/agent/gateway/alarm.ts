/** Something that is waited for, or the time is over: whichever is first. */
export class Alarm {
  readonly #pause: (ms: number, signal: AbortSignal) => Promise<void>;
  #ring: (() => void) | undefined;
  #rung = false;

  /** @param pause resolves after so many milliseconds, or at once when the signal is aborted. */
  constructor(pause: (ms: number, signal: AbortSignal) => Promise<void>) {
    this.#pause = pause;
  }

  /** Ends the wait, or the next one where nobody waits. */
  readonly ring = (): void => {
    this.#rung = true;
    this.#ring?.();
  };

  async wait(ms: number, signal: AbortSignal): Promise<void> {
    const done = new AbortController();
    const end = () => done.abort();
    this.#ring = end;
    signal.addEventListener('abort', end);
    if (this.#rung || signal.aborted) end();
    await this.#pause(Math.max(0, ms), done.signal);
    signal.removeEventListener('abort', end);
    this.#ring = undefined;
    this.#rung = false;
  }
}
