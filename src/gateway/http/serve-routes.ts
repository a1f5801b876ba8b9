import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { JSON_TYPE } from '../../protocol/media-types.ts';
import { checkMayDo } from './access.ts';
import type { Identity } from './identity.ts';
import type { Limits } from './limits.ts';
import { refusalOf } from './problem.ts';
import type { Answer, Exchange, Route } from './route.ts';
import { withinSpan } from './tracing.ts';
import type { Turnstiles } from './turnstile.ts';
import { type Visit, visitIn } from './visit.ts';

export interface ServeOptions {
  readonly identity: Identity;
  readonly limits: Limits;
  readonly costly: Turnstiles;
  readonly now: () => number;
  readonly onBug: (error: unknown, requestId: string) => void;
}

/** Serves what the table has, and each of it in the same way. */
export function serveRoutes(
  app: FastifyInstance,
  routes: readonly Route[],
  options: ServeOptions,
): void {
  for (const route of routes) {
    const { method, path, operation, body, saysSubject, relay = 'usual', origins = 'own' } = route;
    app.route({
      method,
      url: path,
      config: {
        rule: {
          operation,
          body,
          subject: saysSubject ? 'in-request' : 'in-path',
          kind: relay,
          origins,
        },
      },
      handler: async (request, reply) => {
        const exchange = { request: request.raw, response: reply.raw };
        const visit = visitIn(request);
        visit.handled = 'running';
        try {
          const answer = await withinSpan(visit.span, () =>
            act(route, request, exchange, visit, options),
          );
          return send(answer, visit, reply);
        } catch (error) {
          if (!reply.sent) throw error;
          // Nobody is left to be told, but those who have to mend it.
          if (refusalOf(error).code === 'internal') options.onBug(error, visit.id);
          return reply;
        } finally {
          delete visit.handled;
          visit.body?.give();
        }
      },
    });
  }
}

async function act(
  route: Route,
  request: FastifyRequest,
  exchange: Exchange,
  visit: Visit,
  { identity, limits, costly, now }: ServeOptions,
): Promise<Answer> {
  const { principal } = visit;
  const asked = () =>
    route.answer({
      params: request.params as Record<string, string>,
      query: queryOf(request),
      headers: request.headers,
      body: request.body instanceof Uint8Array ? request.body : new Uint8Array(),
      by: principal,
      exchange,
      mayDo: (subject) => checkMayDo(identity, principal, route.operation, subject),
      reasons: (subject) => (identity.mayDo(principal, 'reasons.read', subject) ? 'seen' : 'kept'),
      now,
      queryMembers: limits.request.queryMembers,
    });
  return route.costly ? await costly.pass(route.costly, asked) : await asked();
}

function send(answer: Answer, visit: Visit, reply: FastifyReply): FastifyReply {
  if ('take' in answer) {
    answer.take(reply);
    return reply;
  }
  // It was answered already that this took too long.
  if (reply.sent) return reply;
  const { status, type = JSON_TYPE, body, headers = {}, decision } = answer;
  if (decision !== undefined) visit.decision = decision;
  reply.code(status).headers(headers);
  if (body === undefined) return reply.send();
  // Bytes: of text, Fastify would add to the type.
  return reply.type(type).send(bytesOf(body));
}

function bytesOf(body: object | string | Uint8Array): Buffer {
  if (body instanceof Uint8Array) return Buffer.from(body);
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

function queryOf({ raw: { url = '' } }: FastifyRequest): string | undefined {
  const mark = url.indexOf('?');
  return mark < 0 ? undefined : url.slice(mark + 1);
}
