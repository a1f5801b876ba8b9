import { isIPv6 } from 'node:net';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { TEXT_TYPE } from '../../protocol/media-types.ts';
import { PROBLEMS } from '../../protocol/problem.ts';
import { LIMITS } from './limits.ts';
import { type BrokenConnection, createListener, type LastAnswer } from './listener.ts';

export type Server = FastifyInstance;

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
    serverFactory: (handler) =>
      createListener(handler, {
        limits: LIMITS,
        addresses: 'of-callers',
        refuse: refusalOf,
        onBroken: () => {},
      }),
    clientErrorHandler: () => {},
    forceCloseConnections: true,
    exposeHeadRoutes: true,
    frameworkErrors: (_error, _request, reply) => {
      const plain: Pick<FastifyReply, 'code' | 'type' | 'send'> = reply as never;
      plain.code(400);
      plain.type(TEXT_TYPE);
      plain.send(UNREADABLE);
    },
  });
  app.setNotFoundHandler((_request, reply) => reply.code(404).type(TEXT_TYPE).send('not found\n'));
  app.setErrorHandler((error: Failure, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) {
      const { method, routeOptions } = request;
      const reason = error.code ?? error.name ?? 'unexpected error';
      onUnanswered({ method, route: routeOptions.url ?? 'no route', reason });
    }
    return reply
      .code(status)
      .type(TEXT_TYPE)
      .send(status < 500 ? UNREADABLE : 'unexpected error\n');
  });
  return app;
}

const UNREADABLE = 'the request can not be read\n';

interface Failure {
  readonly statusCode?: number;
  readonly code?: string;
  readonly name?: string;
}

function refusalOf(broken: BrokenConnection): LastAnswer {
  const { status } = PROBLEMS[broken];
  return { status, headers: { 'content-type': TEXT_TYPE }, body: UNREADABLE };
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
  const scheme = 'setSecureContext' in app.server ? 'https' : 'http';
  return `${scheme}://${isIPv6(bound.address) ? `[${bound.address}]` : bound.address}:${bound.port}`;
}
