import Type from 'typebox';
import { NodePageSchema, NodeSchema, StateWord } from '../../../protocol/node.ts';
import { Id, PoolName } from '../../../protocol/values.ts';
import type { FleetService } from '../../fleet/service.ts';
import type { Limits } from '../limits.ts';
import { type Route, route } from '../route.ts';
import { nodeJson } from '../wire/node-json.ts';
import { jsonAnswer } from './answer-specs.ts';

export const NodePath = Type.Object({ node: Id }, { additionalProperties: false });

export function nodeRoutes(
  fleet: Pick<FleetService, 'nodes' | 'node'>,
  { page: { usual, most } }: Limits,
): Route[] {
  const query = Type.Object(
    {
      pool: Type.Optional(PoolName),
      state: Type.Optional(StateWord),
      after: Type.Optional(Id),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: most })),
    },
    { additionalProperties: false },
  );
  return [
    route({
      method: 'GET',
      path: '/v1/nodes',
      operation: 'node.list',
      summary: 'The enrolled machines, by id',
      query,
      answers: { 200: jsonAnswer('A page of them', NodePageSchema) },
      subject: ({ query: { pool } }) => (pool === undefined ? {} : { pool }),
      handle: async ({ query: { pool, state, after, limit = usual }, now, reasons }) => {
        const filter = { ...(pool !== undefined && { pool }), ...(state && { state }) };
        const nodes = await fleet.nodes(filter, after, limit);
        const items = nodes.map((node) =>
          nodeJson(node, now(), reasons({ node: node.id, pool: node.pool })),
        );
        const last = items.length < limit ? undefined : items.at(-1);
        return { status: 200, body: { items, ...(last && { next: last.id }) } };
      },
    }),
    route({
      method: 'GET',
      path: '/v1/nodes/:node',
      operation: 'node.read',
      summary: 'Where a machine stands',
      params: NodePath,
      answers: { 200: jsonAnswer('As it stands now', NodeSchema) },
      problems: ['missing'],
      handle: async ({ params, now, reasons }) => {
        const node = await fleet.node(params.node);
        const seen = reasons({ node: node.id, pool: node.pool });
        return { status: 200, body: nodeJson(node, now(), seen) };
      },
    }),
  ];
}
