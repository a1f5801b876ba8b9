import { performance } from 'node:perf_hooks';
import type { Readable } from 'node:stream';
import type { Tracer } from '@opentelemetry/api';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { PROBLEM_TYPE } from '../../protocol/media-types.ts';
import { PROBLEMS } from '../../protocol/problem.ts';
import { UNAUTHENTICATED_HEADER } from '../../protocol/session/headers.ts';
import type { Principal } from '../identity/credential.ts';
import type { Subject } from '../operation.ts';
import { authenticate, checkMayDo, countedAs, showsSomething, subjectOf } from './access.ts';
import type { BodyBudget } from './body-budget.ts';
import { addressKey } from './client-address.ts';
import { CROSS_ORIGIN_HEADERS } from './cross-origin.ts';
import { checkBody, checkHead } from './guard.ts';
import type { Identity } from './identity.ts';
import type { LimitKey, Limits, RateLimit } from './limits.ts';
import { lingerOn } from './linger.ts';
import { type Log, siteOf } from './log.ts';
import type { Metrics } from './metrics.ts';
import { problemJson, Refusal, refusalOf, retryAfterSeconds } from './problem.ts';
import { readBody } from './read-body.ts';
import type { RouteRule } from './route.ts';
import { SECURITY_HEADERS } from './security-headers.ts';
import { beginSpan, endSpan } from './tracing.ts';
import { beginVisit, type Visit, visitIn, visitOf } from './visit.ts';

export interface ReceptionOptions {
  readonly identity: Identity;
  readonly limit: RateLimit;
  readonly limits: Limits;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly tracer: Tracer;
  readonly now: () => number;
  readonly budget: BodyBudget;
  /** Whether the address that is known of a request is its caller's, or that of something in front of many. */
  readonly addresses: 'of-callers' | 'of-proxies';
  readonly closing: AbortSignal;
  readonly onBug: (error: unknown, requestId: string) => void;
}

/**
 * What every request goes through, on whatever route: is it one thing to all who read it, is it
 * one too many, may its body be read, who asks, may they. And how it ends: every refusal is a
 * problem, every request one line, one measurement and one span.
 */
export function useReception(app: FastifyInstance, options: ReceptionOptions) {
  const reception = new Reception(app, options);
  app.addHook('onRoute', ({ method, url, config }) => {
    if (config?.rule === undefined) throw new Error(`${method} ${url} has no rule`);
  });
  app.addHook('onRequest', async (request, reply) => reception.receive(request, reply));
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (request: FastifyRequest, stream: Readable) =>
    reception.read(request, stream),
  );
  app.addHook('preHandler', async (request) => reception.identify(request));
  app.setNotFoundHandler((request) => {
    throw reception.nothingHere(request);
  });
  app.setErrorHandler((error, request, reply) => reception.refuse(error, request, reply));
  return reception;
}

class Reception {
  readonly #app: FastifyInstance;
  readonly #options: ReceptionOptions;

  constructor(app: FastifyInstance, options: ReceptionOptions) {
    [this.#app, this.#options] = [app, options];
  }

  /** Before its body is read. */
  receive(request: FastifyRequest, reply: FastifyReply): void {
    const { limits, closing, metrics, identity } = this.#options;
    const visit = this.#begin(request, reply);
    if (closing.aborted) {
      metrics.shed('closing');
      throw new Refusal('closing', { retryAfter: limits.retryAfter });
    }
    const rule = ruleOf(request);
    const address = addressKey(request.ip);
    this.#count({ by: 'address', name: address, operation: rule?.operation ?? 'none' });
    checkHead(request.raw, limits.request);
    if (rule === undefined) throw this.nothingHere(request);
    if (!showsSomething(request) && rule.subject === 'in-path') {
      checkMayDo(identity, visit.principal, rule.operation, subjectOf(request.params));
    }
    checkBody(request.raw, rule.body);
  }

  /** As bytes, whatever it calls itself. */
  async read(request: FastifyRequest, stream: Readable): Promise<Uint8Array> {
    if (ruleOf(request)?.body?.flow === 'unread') return NOTHING;
    const { budget, metrics, addresses } = this.#options;
    const [visit, limit] = [visitIn(request), ruleOf(request)?.body?.limit ?? 0];
    visit.body = budget.open(addresses === 'of-callers' ? addressKey(request.ip) : undefined);
    try {
      return await readBody(stream, limit, visit.body);
    } catch (error) {
      visit.body.give();
      if (error instanceof Refusal && error.code === 'busy') metrics.shed('bodies');
      throw error;
    }
  }

  /** When all of it is there. */
  async identify(request: FastifyRequest): Promise<void> {
    const { identity, now } = this.#options;
    const [visit, rule] = [visitIn(request), ruleOf(request)];
    if (rule === undefined) throw this.nothingHere(request);
    visit.principal = await authenticate(identity, request, now());
    const counted = countedAs(visit.principal);
    if (counted) this.#count({ ...counted, operation: rule.operation });
    const subject = subjectOf(request.params);
    visit.reasons = this.#reasons(visit.principal, subject);
    if (rule.subject === 'in-path') {
      checkMayDo(identity, visit.principal, rule.operation, subject);
    }
  }

  /** Tells a problem. Also of what never became a visit: Fastify's own refusals of a path. */
  refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const visit = visitOf(request) ?? this.#begin(request, reply);
    const refusal = refusalOf(error);
    const { code, details } = refusal;
    visit.refusal = refusal;
    if (code === 'internal') {
      visit.site = siteOf(error);
      this.#options.onBug(error, visit.id);
    }
    if (details.decision !== undefined) visit.decision = details.decision;
    const { status } = PROBLEMS[code];
    const retryAfter = details.retryAfter ?? this.#usualRetry(status);
    if (hasMoreToSend(request)) {
      reply.header('connection', 'close');
      lingerOn(request.raw.socket);
    }
    if (isRelay(request)) reply.header(UNAUTHENTICATED_HEADER, '1');
    return reply
      .code(status)
      .headers(SECURITY_HEADERS)
      .headers({
        ...details.headers,
        ...(retryAfter !== undefined && { 'retry-after': retryAfterSeconds(retryAfter) }),
      })
      .type(PROBLEM_TYPE)
      .send(Buffer.from(problemJson(refusal, visit.reasons)));
  }

  /** Nothing at all, or not by this method. */
  nothingHere(request: FastifyRequest): Refusal {
    const { url = '', method = '' } = request.raw;
    const [path = ''] = url.split('?', 1);
    const allowed = METHODS.filter(
      (other) => other !== method && this.#app.findRoute({ method: other, url: path }) !== null,
    );
    if (allowed.length === 0 || this.#app.findRoute({ method: asMethod(method), url: path })) {
      return new Refusal('missing', { at: 'path', detail: 'there is nothing here' });
    }
    return new Refusal('method-not-allowed', { headers: { allow: allowed.join(', ') } });
  }

  #begin(request: FastifyRequest, reply: FastifyReply): Visit {
    const { tracer } = this.#options;
    const route = request.routeOptions?.url;
    const method = METHODS.find((known) => known === request.method) ?? '_OTHER';
    const visit: Visit = {
      id: request.id,
      method,
      route,
      beganAt: performance.now(),
      span: beginSpan(tracer, method, route),
      principal: { kind: 'anyone' },
      reasons: 'kept',
    };
    beginVisit(request, visit);
    reply.headers({ ...SECURITY_HEADERS, 'postern-request-id': visit.id });
    if (ruleOf(request)?.origins === 'any') reply.headers(CROSS_ORIGIN_HEADERS);
    const { raw } = reply;
    // Not Fastify's own: that one ends with the body, which is long before the work does.
    const late = isRelay(request)
      ? undefined
      : setTimeout(() => {
          if (!reply.sent) void reply.send(new Refusal('took-too-long'));
        }, this.#options.limits.answerWithin);
    let ended = false;
    const end = (status: number) => {
      if (ended) return;
      ended = true;
      clearTimeout(late);
      this.#end(visit, request, status);
    };
    raw.once('finish', () => end(raw.statusCode));
    raw.once('close', () => end(CUT_OFF));
    return visit;
  }

  #end(visit: Visit, request: FastifyRequest, status: number): void {
    const { metrics, log } = this.#options;
    const { id, method, route, principal, refusal } = visit;
    // A handler that is still at work has the body, too: it gives it back itself.
    if (visit.handled === undefined) visit.body?.give();
    const ms = performance.now() - visit.beganAt;
    metrics.answered(route === undefined ? 'none' : `${method} ${route}`, status, ms / 1000);
    endSpan(visit.span, status);
    log(levelOf(status), messageOf(status), {
      reqId: id,
      method,
      route,
      status,
      ms,
      principal: principal.kind,
      principalId: principal.kind === 'anyone' ? undefined : principal.id,
      role: principal.kind === 'credential' ? principal.role : undefined,
      decision: visit.decision,
      fault: refusal?.code,
      at: refusal?.details.at,
      site: visit.site,
      address: request.ip,
    });
  }

  #count(key: LimitKey): void {
    const { limit, metrics } = this.#options;
    const retryAfter = limit(key, performance.now());
    if (retryAfter === undefined) return;
    metrics.shed('rate');
    throw new Refusal('too-many-requests', { retryAfter });
  }

  #reasons(principal: Principal, subject: Subject | undefined): 'seen' | 'kept' {
    return this.#options.identity.mayDo(principal, 'reasons.read', subject) ? 'seen' : 'kept';
  }

  #usualRetry(status: number): number | undefined {
    return status === 503 || status === 429 ? this.#options.limits.retryAfter : undefined;
  }
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

/** As nginx counts those whose other side went before the answer. */
const CUT_OFF = 499;

const NOTHING = new Uint8Array();

/** What it answers besides problems is not its own. */
function isRelay(request: FastifyRequest): boolean {
  return ruleOf(request)?.kind === 'relay';
}

function asMethod(method: string) {
  return METHODS.find((known) => known === method) ?? 'PATCH';
}

function ruleOf({ is404, routeOptions }: FastifyRequest): RouteRule | undefined {
  return is404 ? undefined : routeOptions.config.rule;
}

/** A body that nobody is going to read as it was sent: what follows can not be told from it. */
function hasMoreToSend({ raw }: FastifyRequest): boolean {
  const { headers, complete } = raw;
  if ((headers['transfer-encoding'] ?? 'chunked').toLowerCase() !== 'chunked') return true;
  const some = headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > 0;
  return some && !complete;
}

function levelOf(status: number) {
  if (status === 500) return 'error';
  return status > 500 ? 'warn' : 'info';
}

function messageOf(status: number) {
  if (status === CUT_OFF) return 'request cut off';
  if (status >= 500) return 'request failed';
  return status >= 400 ? 'request refused' : 'request answered';
}
