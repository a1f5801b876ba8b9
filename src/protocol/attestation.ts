import Type from 'typebox';
import { closed } from '../appraisal/policy/schema/values.ts';
import { NearestSchema, PolicyNameSchema, ReasonSchema } from './appraisal.ts';
import { NodeSchema } from './node.ts';
import { Code, Id, LeafPlace, Time, VerdictWord } from './values.ts';

/** An acceptance. `reasons`, `nearest` and `warnings` are for those who may see reasons. */
export const AttestationAnswerSchema = closed({
  decision: Id,
  verdict: Type.Literal('accept'),
  authentic: Type.Boolean(),
  reasons: Type.Optional(Type.Array(ReasonSchema)),
  nearest: Type.Optional(NearestSchema),
  warnings: Type.Optional(Type.Array(Type.String())),
  node: NodeSchema,
  token: Type.Optional(Type.String({ description: 'EAR, as JWT' })),
  leaf: closed({ ...LeafPlace.properties, size: Type.Integer({ minimum: 0 }) }),
});

export const DecisionSchema = closed({
  id: Id,
  node: Type.Optional(Id),
  at: Time,
  verdict: VerdictWord,
  authentic: Type.Boolean(),
  codes: Type.Optional(Type.Array(Code)),
  policy: Type.Optional(PolicyNameSchema),
  leaf: LeafPlace,
  forgotten: Type.Optional(Type.String()),
});
