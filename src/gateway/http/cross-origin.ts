import type { FastifyInstance } from 'fastify';
import {
  INCREMENTAL_HEADER,
  MODEL_HEADER,
  RESUME_HEADER,
  SESSION_HEADER,
  UNAUTHENTICATED_HEADER,
} from '../../protocol/session/headers.ts';
import type { DescribedRoute } from './route.ts';

/** For how long a browser need not ask again, in seconds: as long as any of them believes it. */
const MAX_AGE = 7200;

/**
 * Of every answer of a route that pages of any origin may ask. There are no cookies here, so a page
 * can do no more than whoever has the key that it was given: no credentials are let along.
 */
export const CROSS_ORIGIN_HEADERS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': [
    'content-type',
    'retry-after',
    'postern-request-id',
    INCREMENTAL_HEADER,
    SESSION_HEADER,
    UNAUTHENTICATED_HEADER,
  ].join(', '),
} as const;

const ASKED_WITH = [
  'authorization',
  'content-type',
  INCREMENTAL_HEADER,
  MODEL_HEADER,
  RESUME_HEADER,
];

/**
 * Answers what a browser asks before it lets a page of another origin ask (Fetch standard,
 * CORS-preflight), by path: for those of its methods that any origin may, and no other.
 */
export function servePreflights(app: FastifyInstance, routes: readonly DescribedRoute[]): void {
  const open = routes.filter(({ origins }) => origins === 'any');
  for (const [url, those] of Map.groupBy(open, ({ path }) => path)) {
    const headers = {
      'access-control-allow-methods': those.map(({ method }) => method).join(', '),
      'access-control-allow-headers': ASKED_WITH.join(', '),
      'access-control-max-age': `${MAX_AGE}`,
    };
    app.route({
      method: 'OPTIONS',
      url,
      config: {
        rule: {
          // It tells what may be asked here, and nothing else.
          operation: 'description.read',
          body: undefined,
          subject: 'in-path',
          kind: 'usual',
          origins: 'any',
        },
      },
      handler: (_request, reply) => reply.code(204).headers(headers).send(),
    });
  }
}
