import type { FastifyPluginAsync } from 'fastify';
import { LARGEST_REQUEST } from '../../ledger/witness/add-checkpoint.ts';
import type { Witness } from '../../ledger/witness/witness.ts';

export interface WitnessRouteOptions {
  readonly witness: Witness;
}

/** `POST /add-checkpoint` (C2SP tlog-witness). The route translates; the witness decides. */
export const witnessRoutes: FastifyPluginAsync<WitnessRouteOptions> = async (app, { witness }) => {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    '*',
    { parseAs: 'buffer', bodyLimit: LARGEST_REQUEST },
    (_request, body, done) => done(null, body),
  );
  app.post('/add-checkpoint', async (request, reply) => {
    const body =
      request.body instanceof Uint8Array ? new Uint8Array(request.body) : new Uint8Array();
    const answer = await witness.addCheckpoint(body);
    return reply.code(answer.status).type(answer.type).send(answer.body);
  });
};
