import { ClientCallSchema, clientCall } from '../../../protocol/attest-call.ts';
import { BUNDLE_TYPE } from '../../../protocol/media-types.ts';
import { CandidatesQuery, CandidatesSchema } from '../../../protocol/session/candidates.ts';
import { EpochSchema } from '../../../protocol/session/epoch.ts';
import { ModelListSchema } from '../../../protocol/session/models.ts';
import type { BrokerService } from '../../broker/service.ts';
import type { Limits } from '../limits.ts';
import { type Route, route } from '../route.ts';
import { jsonAnswer, jsonBody } from './answer-specs.ts';
import { NodePath } from './node-routes.ts';

/** Where nobody says how many they want. */
const FEW = 3;

/** What a client needs before it seals anything. */
export function sessionRoutes(
  broker: Pick<BrokerService, 'candidates' | 'models' | 'evidence' | 'epoch'>,
  limits: Limits,
): Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/models',
      origins: 'any',
      operation: 'model.list',
      summary: 'What is said to be served',
      description: 'In the shape of OpenAI’s list. A hint: evidence says what runs on a machine.',
      answers: { 200: jsonAnswer('All of them', ModelListSchema) },
      handle: async () => {
        const pools = Map.groupBy(broker.models(), ({ model }) => model);
        const data = [...pools].map(([id, served]) => ({
          id,
          object: 'model',
          created: 0,
          owned_by: served.map(({ pool }) => pool).join(','),
        }));
        return { status: 200, body: { object: 'list', data } };
      },
    }),
    route({
      method: 'GET',
      path: '/v1/candidates',
      origins: 'any',
      operation: 'session.prepare',
      summary: 'Machines that serve a model, or a pool, by how much each should get',
      description:
        'Each with the leaves of an admission that holds and their proofs: of the newest that is in the last state of the ledger that its witnesses cosigned, as many as it wants, else of the newest in the last state. Hints: keys come from evidence alone.',
      query: CandidatesQuery,
      answers: { 200: jsonAnswer('Some of them, drawn by weight', CandidatesSchema) },
      problems: ['missing', 'usage'],
      handle: async ({ query: { count, ...query } }) => ({
        status: 200,
        body: await broker.candidates({
          ...query,
          count: count === undefined ? FEW : Number(count),
        }),
      }),
    }),
    route({
      method: 'POST',
      path: '/v1/nodes/:node/evidence',
      origins: 'any',
      operation: 'session.prepare',
      summary: 'Has a machine answer a challenge of the client’s own',
      description:
        'The bundle as the machine made it, with what vendors say of it put beside; nothing that is signed is touched.',
      params: NodePath,
      body: jsonBody(ClientCallSchema, limits.body.json),
      answers: { 200: { description: 'A bundle', type: BUNDLE_TYPE } },
      problems: ['missing'],
      handle: async ({ params: { node }, body, by }) => ({
        status: 200,
        type: BUNDLE_TYPE,
        body: await broker.evidence(node, clientCall(body), by),
      }),
    }),
    route({
      method: 'GET',
      path: '/v1/nodes/:node/epoch',
      origins: 'any',
      operation: 'session.prepare',
      summary: 'Evidence of a machine for everybody, whose challenge is a checkpoint of the ledger',
      params: NodePath,
      answers: { 200: jsonAnswer('The checkpoint and the bundle', EpochSchema) },
      problems: ['missing'],
      handle: async ({ params: { node } }) => ({ status: 200, body: await broker.epoch(node) }),
    }),
  ];
}
