import { isIPv6 } from 'node:net';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';

export type Server = FastifyInstance;

/** In milliseconds: a connection that says nothing must not hold a socket. */
const TIMEOUTS = { connection: 30_000, request: 10_000, keepAlive: 60_000 };

/** A request that this side could not answer: nothing of it but its method and the route it took. */
export interface Unanswered {
  readonly method: string;
  /** As it was registered, e.g. `/tile/*`. */
  readonly route: string;
  /** The code of the error, or its name where it has none. */
  readonly reason: string;
}

/**
 * A server without a voice of its own: no log, and errors that tell nothing of the inside.
 *
 * @param onUnanswered hears of every answer from 500 on.
 */
export function createServer(onUnanswered: (what: Unanswered) => void = () => {}): Server {
  const app = fastify({
    logger: false,
    connectionTimeout: TIMEOUTS.connection,
    requestTimeout: TIMEOUTS.request,
    keepAliveTimeout: TIMEOUTS.keepAlive,
    forceCloseConnections: true,
    exposeHeadRoutes: true,
    frameworkErrors: (_error, _request, reply) => {
      const plain: Pick<FastifyReply, 'code' | 'type' | 'send'> = reply as never;
      plain.code(400);
      plain.type('text/plain; charset=utf-8');
      plain.send('the request can not be read\n');
    },
  });
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).type('text/plain; charset=utf-8').send('not found\n'),
  );
  app.setErrorHandler((error: Failure, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) {
      const { method, routeOptions } = request;
      const reason = error.code ?? error.name ?? 'unexpected error';
      onUnanswered({ method, route: routeOptions.url ?? 'no route', reason });
    }
    const text = status < 500 ? 'the request can not be read' : 'unexpected error';
    return reply.code(status).type('text/plain; charset=utf-8').send(`${text}\n`);
  });
  return app;
}

interface Failure {
  readonly statusCode?: number;
  readonly code?: string;
  readonly name?: string;
}

/**
 * Begins to listen.
 *
 * @param port 0 takes one that is free.
 * @returns the URL.
 */
export async function listenOn(app: Server, host: string, port: number): Promise<string> {
  await app.listen({ host, port });
  const address = app.server.address();
  const bound = typeof address === 'object' && address !== null ? address : { address: host, port };
  return `http://${isIPv6(bound.address) ? `[${bound.address}]` : bound.address}:${bound.port}`;
}
