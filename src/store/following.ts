import type { NextState } from '../ledger/store.ts';
import { faultFrom, type Next } from './messages.ts';

type Take = (message: Next) => void;

/** What follows calls of `commit`: each call is announced before its message can be there. */
export class Following {
  readonly #waiting = new Map<number, Take>();

  of(call: number): Promise<NextState> {
    const next = new Promise<NextState>((resolve, reject) => {
      this.#waiting.set(call, (message) => {
        if ('fault' in message) reject(faultFrom(message.fault));
        else resolve(message.next);
      });
    });
    // A commit that was refused before it asked leaves it unheard, good or bad.
    next.catch(() => undefined);
    return next;
  }

  take(message: Next): void {
    this.#waiting.get(message.of)?.(message);
    this.#waiting.delete(message.of);
  }
}
