import type { FastifyPluginAsync } from 'fastify';
import { Fault } from '../../core/fault.ts';
import { parseTilePath } from '../../ledger/tiles/tile-path.ts';

export interface LogRouteOptions {
  /**
   * A file of the log.
   *
   * @param name `checkpoint`, or the path of a tile or bundle in its one spelling.
   * @returns undefined where there is none.
   */
  readonly read: (name: string) => Promise<Uint8Array | undefined>;
}

const BYTES = 'application/octet-stream';
/** A tile of a given width never changes (C2SP tlog-tiles). */
const FOR_EVER = 'public, max-age=31536000, immutable';

/** `GET /checkpoint` and `GET /tile/…` (C2SP tlog-tiles). */
export const logRoutes: FastifyPluginAsync<LogRouteOptions> = async (app, { read }) => {
  app.get('/checkpoint', async (_request, reply) => {
    const note = await read('checkpoint');
    if (note === undefined) return reply.code(404).send();
    return reply.type('text/plain; charset=utf-8').header('cache-control', 'no-cache').send(note);
  });
  app.get<{ Params: { '*': string } }>('/tile/*', async (request, reply) => {
    const name = `tile/${request.params['*']}`;
    const bytes = isTilePath(name) ? await read(name) : undefined;
    if (bytes === undefined) return reply.code(404).send();
    return reply.type(BYTES).header('cache-control', FOR_EVER).send(bytes);
  });
};

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
