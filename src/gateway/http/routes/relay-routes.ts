import type { FastifyReply } from 'fastify';
import Type from 'typebox';
import {
  PROBLEM_TYPE,
  SEALED_REQUEST_TYPE,
  SEALED_RESPONSE_TYPE,
} from '../../../protocol/media-types.ts';
import {
  INCREMENTAL_HEADER,
  MODEL_HEADER,
  RESUME_HEADER,
  SESSION_HEADER,
  TRUE,
  USAGE_HEADER,
} from '../../../protocol/session/headers.ts';
import { Id, PoolName } from '../../../protocol/values.ts';
import type { BrokerService, Relayed } from '../../broker/service.ts';
import { liftBodyDeadline } from '../body-clock.ts';
import type { Limits } from '../limits.ts';
import { type Answer, type Route, route } from '../route.ts';
import { emptyAnswer } from './answer-specs.ts';

const RelayPath = Type.Object({ pool: PoolName, node: Id }, { additionalProperties: false });
const SessionPath = Type.Object(
  {
    pool: PoolName,
    node: Id,
    session: Type.String({ pattern: '^[0-9a-f]{64}$', description: 'the id of a session' }),
  },
  { additionalProperties: false },
);

const SEALED_ANSWER = {
  description: `As the node seals it, with \`${USAGE_HEADER}\` in the trailer; a stream that ends otherwise is broken off`,
  type: SEALED_RESPONSE_TYPE,
  headers: { [SESSION_HEADER]: Type.String({ description: 'the id of the session' }) },
};

const UNREAD = { kind: 'bytes', types: [SEALED_REQUEST_TYPE], flow: 'unread' } as const;

/** The blind relay: bytes pass as they come, both ways at once, and nobody here can read them. */
export function relayRoutes(
  broker: Pick<BrokerService, 'open' | 'resume' | 'abort'>,
  limits: Limits,
): Route[] {
  return [
    route({
      method: 'POST',
      path: '/ohttp/:pool/:node',
      origins: 'any',
      operation: 'session.relay',
      summary: 'Relays a sealed request to a node, and its sealed answer back',
      description:
        'Chunked Oblivious HTTP. Whatever the gateway answers itself has `postern-unauthenticated: 1`; where a node can’t be had, its problem names others (`candidates`), to which the request has to be sealed anew. With `postern-resume: ?1` the answer can be continued after a broken connection.',
      params: RelayPath,
      headers: Type.Object(
        {
          [MODEL_HEADER]: Type.Optional(
            Type.String({ pattern: '^[ -~]{1,256}$', description: 'the model that is asked for' }),
          ),
          [RESUME_HEADER]: Type.Optional(Type.Enum(['?1', '?0'], { description: '?1 or ?0' })),
        },
        { additionalProperties: false },
      ),
      body: { ...UNREAD, limit: limits.body.sealed },
      answers: { 200: SEALED_ANSWER },
      problems: ['missing', 'conflict', 'unsupported', 'usage'],
      relay: 'relay',
      handle: async ({ params, headers, by, exchange }) => {
        const model = headers[MODEL_HEADER];
        const opened = await broker.open({
          ...params,
          ...(model !== undefined && { model }),
          resumable: headers[RESUME_HEADER] === TRUE,
          by,
          ...exchange,
          onBounded: () => liftBodyDeadline(exchange.request),
        });
        if (opened.is === 'answer') return sealedAnswer(opened);
        return { status: opened.status, type: PROBLEM_TYPE, body: opened.body };
      },
    }),
    route({
      method: 'GET',
      path: '/ohttp/:pool/:node/:session',
      origins: 'any',
      operation: 'session.relay',
      summary: 'Continues a sealed answer at one of its chunks',
      description:
        'For the key that asked, while the answer comes and for a short while after. `chunk` is the first that is missing, from 0, with which comes the nonce. A reader before is cut off.',
      params: SessionPath,
      query: Type.Object(
        { chunk: Type.Integer({ minimum: 0, maximum: 2 ** 32 }) },
        { additionalProperties: false },
      ),
      answers: { 200: SEALED_ANSWER },
      problems: ['missing'],
      relay: 'relay',
      handle: async ({ params, query: { chunk }, by }) =>
        sealedAnswer(broker.resume({ ...params, chunk, by })),
    }),
    route({
      method: 'DELETE',
      path: '/ohttp/:pool/:node/:session',
      origins: 'any',
      operation: 'session.relay',
      summary: 'Ends a session, and forgets what is kept of its answer',
      params: SessionPath,
      answers: { 204: emptyAnswer('It is gone') },
      problems: ['missing'],
      relay: 'relay',
      handle: async ({ params, by }) => {
        broker.abort(params, by);
        return { status: 204, body: undefined };
      },
    }),
  ];
}

function sealedAnswer({ session, to }: Relayed): Answer {
  return {
    take: (reply: FastifyReply) => {
      reply.hijack();
      const { raw } = reply;
      raw.writeHead(200, {
        ...(reply.getHeaders() as Record<string, string>),
        'content-type': SEALED_RESPONSE_TYPE,
        'cache-control': 'no-store, no-transform',
        'x-accel-buffering': 'no',
        [INCREMENTAL_HEADER]: TRUE,
        [SESSION_HEADER]: session,
        trailer: USAGE_HEADER,
      });
      to(raw);
    },
  };
}
