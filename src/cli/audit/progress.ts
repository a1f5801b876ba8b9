import type { Io } from '../io.ts';
import { warn } from '../io.ts';

const EVERY_MS = 1000;

/** Says on stderr how far something is, at most once a second, and nothing of what is quick. */
export class Progress {
  readonly #io: Io;
  #said: number;

  constructor(io: Io) {
    this.#io = io;
    this.#said = io.now();
  }

  say(text: string): void {
    const now = this.#io.now();
    if (Math.abs(now - this.#said) < EVERY_MS) return;
    this.#said = now;
    warn(this.#io, text);
  }
}
