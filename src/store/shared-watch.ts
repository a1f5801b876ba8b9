import { Turns } from './turns.ts';

type Stop = () => Promise<void>;

/** Many who watch, and one who looks out for them while there is any. */
export class SharedWatch {
  readonly #start: () => Promise<Stop>;
  readonly #turns = new Turns();
  /** By a key of their own: the same callback handed in twice is two who watch. */
  readonly #callbacks = new Map<symbol, () => void>();
  #stop: Stop | undefined;

  constructor(start: () => Promise<Stop>) {
    this.#start = start;
  }

  /** @returns what ends it. @throws what keeps it from looking out. */
  add(callback: () => void): Promise<Stop> {
    return this.#turns.take(async () => {
      this.#stop ??= await this.#start();
      const key = Symbol();
      this.#callbacks.set(key, callback);
      return () => {
        this.#callbacks.delete(key);
        return this.#turns.take(() => this.#stopIfIdle());
      };
    });
  }

  tell(): void {
    for (const callback of this.#callbacks.values()) callback();
  }

  async #stopIfIdle(): Promise<void> {
    if (this.#callbacks.size > 0) return;
    const stop = this.#stop;
    this.#stop = undefined;
    await stop?.();
  }
}
