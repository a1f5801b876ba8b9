import type { ServerResponse } from 'node:http';
import { ClientGone, type Sink } from '../session/sealed-answer.ts';

/** An answer's connection. What a client does not take in time ends it. */
export class ResponseSink implements Sink {
  readonly #response: ServerResponse;
  readonly #drainWithin: number;

  /** @param drainWithin in milliseconds. */
  constructor(response: ServerResponse, drainWithin: number) {
    this.#response = response;
    this.#drainWithin = drainWithin;
  }

  async write(bytes: Uint8Array): Promise<void> {
    const response = this.#response;
    if (response.destroyed || response.writableEnded) throw new ClientGone();
    if (response.write(bytes)) return;
    await this.#until('drain');
  }

  /** All was written: @throws ClientGone where not all of it went. */
  async end(trailers: Readonly<Record<string, string>>): Promise<void> {
    if (this.#response.destroyed) throw new ClientGone();
    this.#response.addTrailers(trailers);
    const sent = this.#until('finish');
    this.#response.end();
    await sent;
  }

  #until(event: 'drain' | 'finish'): Promise<void> {
    const response = this.#response;
    return new Promise((resolve, reject) => {
      const done = (act: () => void) => {
        clearTimeout(timer);
        response.off(event, onEvent).off('close', onClose);
        act();
      };
      const onEvent = () => done(resolve);
      const onClose = () => done(() => reject(new ClientGone()));
      const timer = setTimeout(() => {
        done(() => reject(new ClientGone()));
        response.destroy();
      }, this.#drainWithin);
      response.once(event, onEvent).once('close', onClose);
    });
  }
}
