import Type from 'typebox';
import { closed } from '../../appraisal/policy/schema/values.ts';

/** Models that are said to be served, in the shape of OpenAI's list; `owned_by`: by which pools. */
export const ModelListSchema = closed({
  object: Type.Literal('list'),
  data: Type.Array(
    closed({
      id: Type.String(),
      object: Type.Literal('model'),
      created: Type.Integer(),
      owned_by: Type.String(),
    }),
  ),
});
