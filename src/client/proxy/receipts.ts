import type { CheckedReceipt } from '../receipt.ts';

export interface DatedReceipt {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly receipt: CheckedReceipt;
}

const MOST = 12;

/** The last receipts of this run; no word of what was asked is in them. */
export class Receipts {
  readonly #now: () => number;
  #last: readonly DatedReceipt[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  readonly add = (receipt: CheckedReceipt): void => {
    this.#last = [{ at: this.#now(), receipt }, ...this.#last].slice(0, MOST);
  };

  /** The last one first. */
  get last(): readonly DatedReceipt[] {
    return this.#last;
  }
}
