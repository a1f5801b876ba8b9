import type { ServerResponse } from 'node:http';
import { USAGE_HEADER } from '../../protocol/session/headers.ts';
import type { Tape } from './tape.ts';

export interface DeliveryDeps {
  readonly tape: Tape;
  /** Without a byte that a reader takes, in milliseconds. */
  readonly idle: number;
  /** Told when a reader that was slow takes more. */
  readonly onDrained: () => void;
  /** Told when the reader is gone, and none took its place. */
  readonly onLeft: () => void;
}

/** An answer on its way to whoever takes it: one reader at a time, or none for a while. */
export class Delivery {
  readonly #deps: DeliveryDeps;
  #reader: ServerResponse | undefined;
  #isBlocked = false;

  constructor(deps: DeliveryDeps) {
    this.#deps = deps;
  }

  get hasReader(): boolean {
    return this.#reader !== undefined;
  }

  /** Whether its reader is slow. */
  get isBlocked(): boolean {
    return this.#isBlocked;
  }

  /** What came is sent, or waits on the tape until it can be. */
  send(bytes: Uint8Array): void {
    const { tape } = this.#deps;
    const reader = this.#isBlocked ? undefined : this.#reader;
    if (reader && tape.pass(bytes)) {
      if (!reader.write(bytes)) this.#waitFor(reader);
      return;
    }
    tape.append(bytes);
    this.sendWaiting();
  }

  /** As much of the tape as the reader takes. */
  sendWaiting(): void {
    const reader = this.#reader;
    while (reader && !this.#isBlocked) {
      const part = this.#deps.tape.next();
      if (part === undefined) break;
      if (!reader.write(part)) this.#waitFor(reader);
    }
  }

  /**
   * Who takes it from now on, from where it stands or from a chunk of it; a reader before goes.
   *
   * @returns whether that reader is there.
   */
  attach(response: ServerResponse, chunk: number | undefined): boolean {
    const before = this.#reader;
    this.#reader = response;
    this.#isBlocked = false;
    before?.destroy();
    if (chunk !== undefined && !this.#deps.tape.rewindTo(chunk)) {
      this.dismiss();
      this.#deps.onLeft();
      return false;
    }
    response.setTimeout(this.#deps.idle);
    response.flushHeaders();
    response.once('close', () => this.#closed(response));
    if (response.destroyed) this.#closed(response);
    return this.#reader === response;
  }

  /** The one clean end that there is. */
  end(statement: string | undefined): void {
    const reader = this.#reader;
    this.#reader = undefined;
    if (statement !== undefined) reader?.addTrailers({ [USAGE_HEADER]: statement });
    reader?.end();
  }

  /** Its reader gets no more, and never takes that for an end. */
  dismiss(): void {
    const reader = this.#reader;
    this.#reader = undefined;
    reader?.destroy();
  }

  #closed(response: ServerResponse): void {
    if (this.#reader !== response) return;
    this.#reader = undefined;
    this.#deps.onLeft();
  }

  #waitFor(reader: ServerResponse): void {
    this.#isBlocked = true;
    reader.once('drain', () => {
      if (this.#reader !== reader) return;
      this.#isBlocked = false;
      this.#deps.onDrained();
    });
  }
}
