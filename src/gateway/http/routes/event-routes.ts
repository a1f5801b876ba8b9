import type { FastifyReply } from 'fastify';
import Type from 'typebox';
import { Fault } from '../../../core/fault.ts';
import { EVENTS_TYPE } from '../../../protocol/media-types.ts';
import type { FleetService } from '../../fleet/service.ts';
import type { Principal } from '../../identity/credential.ts';
import { type Route, route } from '../route.ts';

const Seq = Type.Integer({ minimum: 0, description: 'the seq of the last event that is known' });

/** Takes a connection over and follows the events on it. @throws Refusal `busy` where there are too many. */
export type OpenStream = (by: Principal, after: number) => (reply: FastifyReply) => void;

export function eventRoutes(fleet: Pick<FleetService, 'lastEvent'>, open: OpenStream): Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/events',
      operation: 'events.follow',
      summary: 'What happens to the machines, as it happens',
      description:
        'Server-sent events: `id` is the seq, `event` the type, `data` JSON (schema `Event`). It goes on behind `Last-Event-ID` or `after`, else with what comes next. An event `gap` (schema `Gap`) stands for events that are too old to be had. A reader that is too slow is cut off and may come again; every stream ends after a while.',
      query: Type.Object({ after: Type.Optional(Seq) }, { additionalProperties: false }),
      headers: Type.Object(
        { 'last-event-id': Type.Optional(Seq) },
        { additionalProperties: false },
      ),
      answers: { 200: { description: 'A stream without end', type: EVENTS_TYPE } },
      problems: ['conflict'],
      handle: async ({ query, headers, by }) => {
        const said = headers['last-event-id'] ?? query.after;
        const last = await fleet.lastEvent();
        // Whoever knows more than we do follows another gateway, or ours before it was restored.
        if (said !== undefined && said > last) {
          throw new Fault('conflict', 'after', `there are ${last} events, not ${said}`);
        }
        return { take: open(by, said ?? last) };
      },
    }),
  ];
}
