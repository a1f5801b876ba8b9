import type { ServerResponse } from 'node:http';
import { GAP_EVENT } from '../../protocol/event.ts';
import type { FleetService } from '../fleet/service.ts';
import type { Limits } from './limits.ts';
import { eventJson } from './wire/event-json.ts';

export type EventSource = Pick<FleetService, 'events' | 'onEvents'>;

/** Why a stream ended: the reader may come again with the last id that it has, in each case. */
export type StreamEnd =
  | 'reader-gone'
  /** It did not take what was sent in time. */
  | 'too-slow'
  | 'lifetime'
  | 'closing'
  /** The events could not be had. */
  | 'failed';

export interface FollowOptions {
  /** The last event that the reader has. */
  readonly after: number;
  readonly limits: Limits['stream'];
  /** Aborted when the gateway closes. */
  readonly closing: AbortSignal;
}

/**
 * Writes events (WHATWG HTML, server-sent events) until one of the above. It asks for more only
 * when the reader has taken what was sent: nothing piles up, however slow it is.
 */
export async function followEvents(
  source: EventSource,
  response: ServerResponse,
  options: FollowOptions,
): Promise<{ readonly end: StreamEnd; readonly error?: unknown }> {
  const stream = new EventStream(source, response, options);
  try {
    return { end: await stream.run() };
  } catch (error) {
    // The status is long sent: all that can be said is that this is no whole answer.
    response.destroy();
    return { end: 'failed', error };
  }
}

class EventStream {
  readonly #source: EventSource;
  readonly #response: ServerResponse;
  readonly #limits: Limits['stream'];
  readonly #ended = Promise.withResolvers<StreamEnd>();
  #end: StreamEnd | undefined;
  #after: number;
  #wake = Promise.withResolvers<void>();
  readonly #closing: AbortSignal;
  readonly #onClosing = () => this.#finish('closing');

  constructor(source: EventSource, response: ServerResponse, options: FollowOptions) {
    [this.#source, this.#response] = [source, response];
    [this.#limits, this.#after] = [options.limits, options.after];
    this.#closing = options.closing;
    response.once('close', () => this.#finish('reader-gone'));
    this.#closing.addEventListener('abort', this.#onClosing);
    if (this.#closing.aborted) this.#onClosing();
    if (response.closed) this.#finish('reader-gone');
  }

  async run(): Promise<StreamEnd> {
    const { heartbeat, lifetime } = this.#limits;
    const forget = this.#source.onEvents(() => this.#wake.resolve());
    const timers = [
      setInterval(() => this.#wake.resolve(), heartbeat),
      setTimeout(() => this.#finish('lifetime'), lifetime),
    ];
    try {
      // An id without data is no event, and yet where to go on from if nothing else comes.
      await this.#write(`retry: 2000\nid: ${this.#after}\n\n`);
      while (this.#end === undefined) await this.#round();
    } finally {
      forget();
      this.#closing.removeEventListener('abort', this.#onClosing);
      for (const timer of timers) clearTimeout(timer);
    }
    if (this.#end === 'too-slow') this.#response.destroy();
    else this.#response.end();
    return this.#end;
  }

  /** All that there is; then nothing until somebody calls, or a heartbeat is due. */
  async #round(): Promise<void> {
    // Before looking: what is added while we look wakes us again.
    this.#wake = Promise.withResolvers<void>();
    const events = await this.#source.events(this.#after, this.#limits.batch);
    let text = '';
    for (const event of events) {
      if (event.seq > this.#after + 1) text += gap(this.#after + 1, event.seq - 1);
      text += frame(`${event.seq}`, event.type, eventJson(event));
      this.#after = event.seq;
    }
    if (text !== '') await this.#write(text);
    if (events.length >= this.#limits.batch || this.#end !== undefined) return;
    await Promise.race([this.#wake.promise, this.#ended.promise]);
    if (this.#end === undefined && events.length === 0) await this.#write(':\n\n');
  }

  async #write(text: string): Promise<void> {
    if (this.#end !== undefined || this.#response.write(text)) return;
    const { promise: drained, resolve } = Promise.withResolvers<void>();
    this.#response.once('drain', resolve);
    const timer = setTimeout(() => this.#finish('too-slow'), this.#limits.drainWithin);
    await Promise.race([drained, this.#ended.promise]);
    clearTimeout(timer);
    this.#response.off('drain', resolve);
  }

  #finish(end: StreamEnd): void {
    this.#end ??= end;
    this.#ended.resolve(this.#end);
  }
}

function frame(id: string, event: string, data: object): string {
  return `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

function gap(from: number, to: number): string {
  return frame(`${to}`, GAP_EVENT, { from, to });
}
