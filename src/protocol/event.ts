import Type from 'typebox';
import { closed } from '../appraisal/policy/schema/values.ts';
import { Id, Time } from './values.ts';

/** The `data` of an event of the stream; its `id` is `seq`, its `event` is `type`. */
export const EventSchema = closed({
  seq: Type.Integer({ minimum: 1, description: 'one more with each, without gaps' }),
  at: Time,
  type: Type.String(),
  node: Type.Optional(Id),
  data: Type.Object({}, { description: 'words, ids and instants; members grow with types' }),
});

/**
 * The `event` that stands where there were others, too old to be had: whoever follows has to look
 * at everything anew.
 */
export const GAP_EVENT = 'gap';

/** Its data: the first and the last that are gone. */
export const GapSchema = closed({
  from: Type.Integer({ minimum: 1 }),
  to: Type.Integer({ minimum: 1 }),
});
