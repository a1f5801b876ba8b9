import { ChunkMarks } from './chunk-marks.ts';

/**
 * What all tapes together may hold of what was sent already, or of what nobody is being sent, in
 * bytes.
 */
export class TapeBudget {
  readonly #most: number;
  readonly #idle = new Set<Tape>();
  #used = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get used(): number {
    return this.#used;
  }

  change(bytes: number): void {
    this.#used += bytes;
  }

  /** Whether there is too much; what has ended and nobody is being sent goes first, the oldest of it. */
  isOver(): boolean {
    for (const tape of this.#idle) {
      if (this.#used <= this.#most) break;
      tape.drop();
    }
    return this.#used > this.#most;
  }

  /** Of an answer that has ended, and that nobody is being sent. */
  idle(tape: Tape): void {
    this.#idle.add(tape);
  }

  /** Somebody is sent it again, or nothing is left of it. */
  gone(tape: Tape): void {
    this.#idle.delete(tape);
  }
}

/**
 * The ciphertext of an answer on its way: what was not sent yet and, where it may be continued,
 * what was sent last, within bounds. Nothing of it can be read here.
 */
export class Tape {
  readonly #budget: TapeBudget;
  /** Bytes of what was sent that are kept; 0: nothing is. */
  readonly #keep: number;
  readonly #marks: ChunkMarks | undefined;
  readonly #parts: Uint8Array[] = [];
  /** The part that is sent next, and where it begins in the whole answer. */
  #cursor = 0;
  #cursorAt = 0;
  /** Of the first part, in the whole answer. */
  #start = 0;
  #end = 0;
  /** Up to where it was sent. */
  #sent = 0;
  #dropped = false;

  constructor(budget: TapeBudget, keep: number, nonceSize: number) {
    this.#budget = budget;
    this.#keep = keep;
    if (keep > 0) this.#marks = new ChunkMarks(nonceSize);
  }

  get unsent(): number {
    return this.#end - this.#sent;
  }

  /**
   * Counts bytes as sent that nothing is kept of, and nothing waits before: then they need not go
   * over the tape. @returns false where they have to.
   */
  pass(bytes: Uint8Array): boolean {
    if (this.#keep > 0 || this.unsent > 0) return false;
    this.#end += bytes.length;
    this.#start = this.#sent = this.#cursorAt = this.#end;
    return true;
  }

  append(bytes: Uint8Array): void {
    this.#marks?.feed(bytes);
    this.#parts.push(bytes);
    this.#end += bytes.length;
    this.#budget.change(bytes.length);
    this.#trim();
  }

  /** What comes next; undefined where all was sent. It counts as sent. */
  next(): Uint8Array | undefined {
    const part = this.#parts[this.#cursor];
    if (part === undefined) return undefined;
    const rest = part.subarray(this.#sent - this.#cursorAt);
    this.#sent += rest.length;
    this.#cursorAt = this.#sent;
    this.#cursor++;
    this.#trim();
    return rest;
  }

  /** Whether it can be sent again from where a chunk begins. */
  keeps(chunk: number): boolean {
    const start = this.#dropped ? undefined : this.#marks?.startOf(chunk);
    return start !== undefined && start >= this.#start;
  }

  /** Goes back to where a chunk begins. @returns false for one that is not kept. */
  rewindTo(chunk: number): boolean {
    const start = this.#marks?.startOf(chunk);
    if (start === undefined || !this.keeps(chunk)) return false;
    this.#sent = start;
    [this.#cursor, this.#cursorAt] = [0, this.#start];
    for (const { length } of this.#parts) {
      if (this.#cursorAt + length > start) break;
      this.#cursorAt += length;
      this.#cursor++;
    }
    return true;
  }

  /** Nobody will continue it. */
  drop(): void {
    this.#dropped = true;
    this.#budget.gone(this);
    this.#budget.change(-this.#parts.reduce((sum, { length }) => sum + length, 0));
    this.#parts.length = 0;
    this.#cursor = 0;
    this.#start = this.#sent = this.#cursorAt = this.#end;
  }

  #trim(): void {
    let gone = 0;
    for (const { length } of this.#parts) {
      const isSent = this.#start + length <= this.#sent;
      const isMuch = this.#sent - this.#start > this.#keep || this.#budget.isOver();
      // The budget drops what nobody is being sent: perhaps this one.
      if (this.#dropped) return;
      if (!isSent || !isMuch) break;
      this.#start += length;
      this.#budget.change(-length);
      gone++;
    }
    if (gone === 0) return;
    this.#parts.splice(0, gone);
    this.#cursor -= gone;
    this.#marks?.forgetBefore(this.#start);
  }
}
