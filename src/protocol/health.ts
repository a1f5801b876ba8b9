import Type from 'typebox';
import { closed } from '../appraisal/policy/schema/values.ts';

export const LiveSchema = closed({ live: Type.Literal(true) });

/** `says` is for those who may see reasons. */
export const ReadinessSchema = closed({
  ready: Type.Boolean(),
  parts: Type.Record(
    Type.String(),
    closed({ ok: Type.Boolean(), says: Type.Optional(Type.String()) }),
  ),
});

/** JWK Set (RFC 7517): the keys that result tokens are signed by. */
export const KeySetSchema = Type.Object({
  keys: Type.Array(
    Type.Object({ kty: Type.String(), kid: Type.String(), crv: Type.Optional(Type.String()) }),
  ),
});
