import type { FastifyReply } from 'fastify';
import { EVENTS_TYPE } from '../../protocol/media-types.ts';
import type { Principal } from '../identity/credential.ts';
import { type EventSource, followEvents } from './event-stream.ts';
import type { Limits } from './limits.ts';
import { type Log, siteOf } from './log.ts';
import type { Metrics } from './metrics.ts';
import { Refusal } from './problem.ts';
import type { OpenStream } from './routes/event-routes.ts';

export interface StreamDeskOptions {
  readonly source: EventSource;
  readonly limits: Limits;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly closing: AbortSignal;
}

/** Knows how many streams there are, and whose. */
export class StreamDesk {
  readonly #options: StreamDeskOptions;
  readonly #open = new Map<string, number>();
  #count = 0;

  constructor(options: StreamDeskOptions) {
    this.#options = options;
  }

  readonly open: OpenStream = (by, after) => {
    const { limits, metrics } = this.#options;
    const { count, each } = limits.stream;
    const whose = nameOf(by);
    if (this.#count >= count || (this.#open.get(whose) ?? 0) >= each) {
      metrics.shed('streams');
      throw new Refusal('busy', { retryAfter: limits.retryAfter });
    }
    this.#change(whose, 1);
    return (reply) => void this.#follow(reply, whose, after);
  };

  async #follow(reply: FastifyReply, whose: string, after: number): Promise<void> {
    const { source, limits, log, closing } = this.#options;
    if (reply.sent) return this.#change(whose, -1);
    reply.hijack();
    const { raw } = reply;
    // One stream a connection: whoever closes it closes nothing else.
    raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      'content-type': EVENTS_TYPE,
      connection: 'close',
      'x-accel-buffering': 'no',
    });
    const { end, error } = await followEvents(source, raw, {
      after,
      limits: limits.stream,
      closing,
    });
    this.#change(whose, -1);
    log(end === 'failed' ? 'error' : 'info', 'stream ended', {
      reqId: reply.request.id,
      at: end,
      site: siteOf(error),
    });
  }

  #change(whose: string, by: 1 | -1): void {
    this.#count += by;
    const left = (this.#open.get(whose) ?? 0) + by;
    if (left > 0) this.#open.set(whose, left);
    else this.#open.delete(whose);
    this.#options.metrics.streams(this.#count);
  }
}

function nameOf(principal: Principal): string {
  return principal.kind === 'anyone' ? 'anyone' : `${principal.kind}:${principal.id}`;
}
