import Type from 'typebox';
import { MisbehaviourPageSchema } from '../../../protocol/operator.ts';
import type { FleetService } from '../../fleet/service.ts';
import type { Limits } from '../limits.ts';
import { type Route, route } from '../route.ts';
import { jsonAnswer } from './answer-specs.ts';

export function misbehaviourRoutes(
  fleet: Pick<FleetService, 'misbehaviour'>,
  { page: { usual, most } }: Limits,
): Route[] {
  const query = Type.Object(
    {
      after: Type.Optional(Type.Integer({ minimum: 0, description: '`next` of the page before' })),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: most })),
    },
    { additionalProperties: false },
  );
  return [
    route({
      method: 'GET',
      path: '/v1/misbehaviour',
      operation: 'misbehaviour.read',
      summary: 'What machines did that no honest one does, each signed by this gateway',
      query,
      answers: { 200: jsonAnswer('A page of them, oldest first', MisbehaviourPageSchema) },
      handle: async ({ query: { after = 0, limit = usual } }) => {
        const found = await fleet.misbehaviour(after, limit);
        const items = found.map(({ statement }) => statement);
        return { status: 200, body: { items, next: found.at(-1)?.seq ?? after } };
      },
    }),
  ];
}
