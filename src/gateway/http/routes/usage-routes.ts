import Type from 'typebox';
import {
  UsageFatesSchema,
  UsagePageSchema,
  UsageRequest,
} from '../../../protocol/session/usage.ts';
import type { BrokerService } from '../../broker/service.ts';
import type { Limits } from '../limits.ts';
import { Refusal } from '../problem.ts';
import { type Route, route } from '../route.ts';
import { jsonAnswer, jsonBody } from './answer-specs.ts';

/** Statements are longer than most of what is asked. */
const MANY = 8;

export function usageRoutes(
  broker: Pick<BrokerService, 'usage' | 'handIn'>,
  { page: { usual, most }, body: limits }: Limits,
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
      path: '/v1/usage',
      origins: 'any',
      operation: 'usage.read',
      summary: 'What was used, by statements that enclaves signed',
      description: 'Of a client its own account’s; auditors, validators and admins see all.',
      query,
      answers: {
        200: jsonAnswer('A page of them, in the order in which they came', UsagePageSchema),
      },
      handle: async ({ query: { after = 0, limit = usual }, by }) => {
        const found = await broker.usage(by, after, limit);
        const items = found.map(({ seq, node, account, statement }) => ({
          seq,
          node,
          account,
          usage: statement,
        }));
        const last = found.length === limit ? found.at(-1) : undefined;
        return { status: 200, body: { items, ...(last && { next: last.seq }) } };
      },
    }),
    route({
      method: 'POST',
      path: '/v1/usage',
      operation: 'usage.add',
      summary: 'Takes statements that a machine hands in by itself',
      description:
        'Of sessions whose connection was gone when they ended. One about a session that is still being noted down is `session`: it may be handed in again.',
      body: jsonBody(UsageRequest, MANY * limits.json),
      subject: ({ by }) => (by.kind === 'node' ? { node: by.id } : {}),
      answers: { 200: jsonAnswer('What became of each, in order', UsageFatesSchema) },
      handle: async ({ body: { usage }, by }) => {
        if (by.kind !== 'node') throw new Refusal('forbidden');
        return { status: 200, body: { fates: await broker.handIn(by.id, usage) } };
      },
    }),
  ];
}
