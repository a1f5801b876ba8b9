import type { IncomingMessage } from 'node:http';
import type { Limits } from './limits.ts';

/** Requests whose time is somebody else's to bound. */
const lifted = new WeakSet<IncomingMessage>();

/** From now on whoever has this request bounds the time that its body takes. */
export function liftBodyDeadline(message: IncomingMessage): void {
  lifted.add(message);
}

/** Ends requests whose body does not come to its end in time. */
export class BodyClock {
  readonly #running = new Map<IncomingMessage, number>();
  readonly #timer: NodeJS.Timeout;
  readonly #within: number;

  constructor(
    { requestWithin, checkEvery }: Limits['connection'],
    onLate: (message: IncomingMessage) => void,
  ) {
    this.#within = requestWithin;
    this.#timer = setInterval(() => this.#look(onLate), checkEvery).unref();
  }

  /** Once it has its headers. */
  began(message: IncomingMessage): void {
    this.#running.set(message, performance.now());
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#running.clear();
  }

  #look(onLate: (message: IncomingMessage) => void): void {
    const now = performance.now();
    for (const [message, beganAt] of this.#running) {
      const isOver = message.complete || message.destroyed || lifted.has(message);
      const isLate = now - beganAt > this.#within;
      if (!isOver && !isLate) continue;
      this.#running.delete(message);
      if (!isOver) onLate(message);
    }
  }
}
