import type { IncomingMessage, ServerResponse } from 'node:http';
import { SEALED_REQUEST_TYPE, SEALED_RESPONSE_TYPE } from '../../protocol/media-types.ts';
import type { ProblemCode } from '../../protocol/problem.ts';
import {
  ACCOUNT_HEADER,
  INCREMENTAL_HEADER,
  MODEL_HEADER,
  TRUE,
  USAGE_HEADER,
} from '../../protocol/session/headers.ts';
import { MODEL_NAME } from '../../protocol/session/request-body.ts';
import { ACCOUNT } from '../../protocol/session/usage.ts';
import type { LimitsConfig } from '../config.ts';
import type { UsageOutbox } from '../gateway/usage-outbox.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import { codeOfError, type Log } from '../log.ts';
import type { CounterName, Metrics } from '../metrics.ts';
import { Bodies } from '../session/bodies.ts';
import { type OpenedSealed, openSealed, type SealedRefusal } from '../session/open-sealed.ts';
import type { Places } from '../session/places.ts';
import { ClientGone } from '../session/sealed-answer.ts';
import {
  SessionBug,
  type SessionEnd,
  type SessionOptions,
  serveSession,
} from '../session/serve-session.ts';
import { COMMON_HEADERS, headerOf, piecesOf, sendProblem, sendUnknownKey } from './answers.ts';
import { ResponseSink } from './response-sink.ts';

export interface SealedRouteOptions {
  readonly ring: KeyRing;
  readonly places: Places;
  readonly session: SessionOptions;
  readonly limits: LimitsConfig;
  readonly outbox: UsageOutbox;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Aborted once whatever still runs has to end. */
  readonly ending: AbortSignal;
  /** Called where a table is about to be full: it is time for other keys. */
  readonly onKeysWanted: () => void;
}

const NO_ACCOUNT = '-';

const PROBLEM_OF: Readonly<
  Record<Exclude<SealedRefusal, 'unknown-key' | 'broken-off'>, ProblemCode>
> = {
  malformed: 'malformed',
  replayed: 'conflict',
  full: 'busy',
  crowded: 'busy',
  'too-large': 'too-large',
  'no-memory': 'busy',
};

/** `POST …/sealed`: opens, serves and answers; what is outside the seal says only how much it was. */
export class SealedRoute {
  readonly #options: SealedRouteOptions;
  readonly #bodies: Bodies;
  readonly #running = new Set<Promise<void>>();

  constructor(options: SealedRouteOptions) {
    this.#options = options;
    this.#bodies = new Bodies(options.limits.bodies);
  }

  /** Resolves once no session is under way. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    const { limits, metrics } = this.#options;
    if (this.#running.size >= limits.sessions) {
      metrics.count('shed');
      sendProblem(response, 'busy');
      return;
    }
    const running = this.#serve(request, response)
      .catch((error: unknown) => {
        this.#options.log('error', 'session ended', { code: codeOfError(error) });
        response.destroy();
      })
      .finally(() => {
        this.#running.delete(running);
        metrics.running = this.#running.size;
        metrics.held = this.#bodies.held;
      });
    this.#running.add(running);
    metrics.running = this.#running.size;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { ring, places, limits } = this.#options;
    const account = headerOf(request, ACCOUNT_HEADER) ?? NO_ACCOUNT;
    const hint = headerOf(request, MODEL_HEADER);
    const type = headerOf(request, 'content-type');
    if (type !== SEALED_REQUEST_TYPE) return sendProblem(response, 'media-type');
    if (!ACCOUNT.test(account) || account === 'twice') return sendProblem(response, 'malformed');
    if (hint !== undefined && (hint === 'twice' || !MODEL_NAME.test(hint))) {
      return sendProblem(response, 'malformed');
    }
    const share = this.#bodies.share();
    try {
      const opened = await openSealed(piecesOf(request), {
        ring,
        places,
        account,
        largest: limits.request,
        share,
      });
      this.#options.metrics.held = this.#bodies.held;
      if (opened.is === 'refused') return this.#refuse(response, opened.because);
      await this.#answer(opened, account, hint, response);
    } finally {
      share.release();
    }
  }

  #refuse(response: ServerResponse, because: SealedRefusal): void {
    const { log, metrics, onKeysWanted } = this.#options;
    metrics.count('requests_refused');
    log('info', 'request refused', { code: because });
    if (because === 'full') onKeysWanted();
    if (because === 'broken-off') response.destroy();
    else if (because === 'unknown-key') {
      metrics.count('unknown_keys');
      sendUnknownKey(response);
    } else {
      if (because === 'replayed') metrics.count('replays');
      if (because === 'crowded') metrics.count('shed');
      sendProblem(response, PROBLEM_OF[because]);
    }
  }

  async #answer(
    opened: OpenedSealed,
    account: string,
    hint: string | undefined,
    response: ServerResponse,
  ): Promise<void> {
    const { ring, session, limits, ending, log, onKeysWanted } = this.#options;
    const { generation } = opened;
    if (generation.encapsulations.isNearlyFull || generation.usage.isNearlyFull) onKeysWanted();
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    if (response.destroyed) gone.abort();
    const ended = AbortSignal.any([gone.signal, generation.erased, ending]);
    // Whatever waits on the connection ends with it.
    ended.addEventListener('abort', () => response.destroy(), { once: true });
    response.writeHead(200, {
      ...COMMON_HEADERS,
      'content-type': SEALED_RESPONSE_TYPE,
      [INCREMENTAL_HEADER]: TRUE,
      'x-accel-buffering': 'no',
      trailer: USAGE_HEADER,
    });
    response.flushHeaders();
    const begun = performance.now();
    const sink = new ResponseSink(response, limits.drainWithin);
    const terms = { account, hint, generations: ring.inForce(), ended };
    const end = await serveSession(opened, terms, session, sink).catch((error: unknown) => {
      if (!(error instanceof SessionBug)) throw error;
      log('error', 'session ended', { session: opened.session, code: 'internal' });
      return error.end;
    });
    await this.#finish(opened.session, end, sink, response);
    log(end.problem ? 'info' : 'debug', end.problem ? 'session refused' : 'session ended', {
      session: opened.session,
      outcome: end.outcome,
      ms: performance.now() - begun,
      ...(end.status !== undefined && { status: end.status }),
      ...(end.problem && { code: end.problem }),
    });
  }

  /** What can't go with the answer goes to the gateway by itself. */
  async #finish(
    session: string,
    end: SessionEnd,
    sink: ResponseSink,
    response: ServerResponse,
  ): Promise<void> {
    const { outbox, metrics } = this.#options;
    metrics.count(counterOf(end));
    try {
      if (end.whole) return await sink.end({ [USAGE_HEADER]: end.usage });
    } catch (error) {
      if (!(error instanceof ClientGone)) throw error;
      this.#options.log('debug', 'session ended', { session, code: 'client-gone' });
    }
    response.destroy();
    outbox.add(end.usage);
  }
}

function counterOf({ problem, outcome }: SessionEnd): CounterName {
  if (problem === undefined) return COUNTER_OF[outcome];
  return problem.startsWith('upstream') ? 'sessions_failed' : 'sessions_refused';
}

const COUNTER_OF = {
  complete: 'sessions_complete',
  aborted: 'sessions_aborted',
  failed: 'sessions_failed',
} as const;
