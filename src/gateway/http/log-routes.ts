import type { FastifyPluginAsync } from 'fastify';
import Type from 'typebox';
import { Fault } from '../../core/fault.ts';
import { parseTilePath } from '../../ledger/tiles/tile-path.ts';
import { BYTES_TYPE, TEXT_TYPE } from '../../protocol/media-types.ts';
import type { DescribedRoute } from './route.ts';

export interface LogRouteOptions {
  /**
   * A file of the log.
   *
   * @param name `checkpoint`, or the path of a tile or bundle in its one spelling.
   * @returns undefined where there is none.
   */
  readonly read: (name: string) => Promise<Uint8Array | undefined>;
}

/** A tile of a given width never changes (C2SP tlog-tiles). */
const FOR_EVER = 'public, max-age=31536000, immutable';

const PLAIN = {
  operation: 'ledger.read',
  origins: 'any',
  params: undefined,
  query: undefined,
  headers: undefined,
  body: undefined,
  problems: ['missing'],
} as const;

const OPEN = {
  /** Monitors ask for sizes first, and there is nothing behind these that a HEAD could set off. */
  exposeHeadRoute: true,
  config: {
    rule: {
      operation: 'ledger.read',
      body: undefined,
      subject: 'in-path',
      kind: 'usual',
      origins: 'any',
    },
  },
} as const;

/** `GET /checkpoint` and `GET /tile/…` (C2SP tlog-tiles). */
export const logRoutes: FastifyPluginAsync<LogRouteOptions> = async (app, { read }) => {
  app.get('/checkpoint', OPEN, async (_request, reply) => {
    const note = await read('checkpoint');
    if (note === undefined) return reply.callNotFound();
    return reply.type(TEXT_TYPE).header('cache-control', 'no-cache').send(note);
  });
  app.get<{ Params: { '*': string } }>('/tile/*', OPEN, async (request, reply) => {
    const name = `tile/${request.params['*']}`;
    const bytes = isTilePath(name) ? await read(name) : undefined;
    if (bytes === undefined) return reply.callNotFound();
    return reply.type(BYTES_TYPE).header('cache-control', FOR_EVER).send(bytes);
  });
};

/** What the above serves, for the description of a gateway. */
export const DESCRIBED_LOG_ROUTES: readonly DescribedRoute[] = (['GET', 'HEAD'] as const).flatMap(
  (method) => [
    {
      ...PLAIN,
      method,
      path: '/checkpoint',
      summary: 'The latest checkpoint of the ledger (C2SP tlog-checkpoint)',
      answers: { 200: { description: 'A signed note', type: TEXT_TYPE } },
    },
    {
      ...PLAIN,
      method,
      path: '/tile/*',
      summary: 'Tiles and entries of the ledger (C2SP tlog-tiles)',
      params: Type.Object({ path: Type.String() }),
      answers: { 200: { description: 'The same for ever', type: BYTES_TYPE } },
    },
  ],
);

/** Each has one spelling, and none leads out of the log's folder. */
function isTilePath(name: string): boolean {
  try {
    parseTilePath(name);
    return true;
  } catch (error) {
    if (error instanceof Fault && error.code === 'malformed') return false;
    throw error;
  }
}
