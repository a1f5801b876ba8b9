import Type from 'typebox';
import { NodeSchema } from '../../../protocol/node.ts';
import { BecauseRequest, OverrideRequest, QuarantineRequest } from '../../../protocol/operator.ts';
import { parseTime, ReasonText } from '../../../protocol/values.ts';
import type { FleetNode } from '../../fleet/node.ts';
import type { FleetService } from '../../fleet/service.ts';
import type { Subject } from '../../operation.ts';
import type { Limits } from '../limits.ts';
import { type Answer, type Route, route } from '../route.ts';
import { nodeJson } from '../wire/node-json.ts';
import { emptyAnswer, jsonAnswer, jsonBody } from './answer-specs.ts';
import { NodePath } from './node-routes.ts';

const ACT = {
  params: NodePath,
  answers: { 200: jsonAnswer('As it stands now', NodeSchema) },
  problems: ['missing', 'conflict', 'usage'],
} as const;

/** What operators do to a machine, each for a reason that stays. */
export function nodeActRoutes(
  fleet: Pick<FleetService, 'quarantine' | 'release' | 'revoke' | 'override' | 'remove'>,
  limits: Limits,
): Route[] {
  const because = jsonBody(BecauseRequest, limits.body.json);
  return [
    route({
      ...ACT,
      method: 'POST',
      path: '/v1/nodes/:node/quarantine',
      operation: 'node.quarantine',
      summary: 'Puts it out, for a while or until it is released',
      body: jsonBody(QuarantineRequest, limits.body.json),
      handle: async ({ params: { node }, by, body, now, reasons }) => {
        const until = body.until === undefined ? undefined : parseTime(body.until, 'body.until');
        return standing(await fleet.quarantine(node, by, body.reason, until), now(), reasons);
      },
    }),
    route({
      ...ACT,
      method: 'POST',
      path: '/v1/nodes/:node/release',
      operation: 'node.release',
      summary: 'Ends its quarantine; it has to be admitted anew',
      body: because,
      handle: async ({ params: { node }, by, body, now, reasons }) =>
        standing(await fleet.release(node, by, body.reason), now(), reasons),
    }),
    route({
      ...ACT,
      method: 'POST',
      path: '/v1/nodes/:node/revoke',
      operation: 'node.revoke',
      summary: 'Puts it out for good',
      body: because,
      handle: async ({ params: { node }, by, body, now, reasons }) =>
        standing(await fleet.revoke(node, by, body.reason), now(), reasons),
    }),
    route({
      ...ACT,
      method: 'POST',
      path: '/v1/nodes/:node/override',
      operation: 'node.override',
      summary: 'Admits it for a while though its evidence left something open',
      description:
        'The ledger says who did it, why and until when. Never over a rejection, and never over evidence that is not authentic.',
      body: jsonBody(OverrideRequest, limits.body.json),
      handle: async ({ params: { node }, by, body, now, reasons }) => {
        const until = parseTime(body.until, 'body.until');
        return standing(await fleet.override(node, by, body.reason, until), now(), reasons);
      },
    }),
    route({
      ...ACT,
      method: 'DELETE',
      path: '/v1/nodes/:node',
      operation: 'node.remove',
      summary: 'Takes it off the list: its name, key and hardware are free again',
      query: Type.Object({ reason: ReasonText }, { additionalProperties: false }),
      answers: { 204: emptyAnswer('It is gone; what was decided stays in the ledger') },
      handle: async ({ params: { node }, query: { reason }, by }) => {
        await fleet.remove(node, by, reason);
        return { status: 204, body: undefined };
      },
    }),
  ];
}

function standing(
  node: FleetNode,
  now: number,
  reasons: (subject: Subject) => 'seen' | 'kept',
): Answer {
  const seen = reasons({ node: node.id, pool: node.pool });
  return { status: 200, body: nodeJson(node, now, seen) };
}
