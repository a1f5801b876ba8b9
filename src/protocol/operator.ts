import Type from 'typebox';
import { closed } from '../appraisal/policy/schema/values.ts';
import { LARGEST_DOCUMENT } from '../core/document/yaml-text.ts';
import { base64File, Digest, ReasonText, Time } from './values.ts';

/** To take a node out, or to let it back. */
export const BecauseRequest = closed({ reason: ReasonText });

export const QuarantineRequest = closed({ reason: ReasonText, until: Type.Optional(Time) });

export const OverrideRequest = closed({ reason: ReasonText, until: Time });

/** Far above any: they are a few hundred bytes. */
const LARGEST_REVOCATION = 64 * 1024;
const MOST_REVOCATIONS = 64;

/** YAML, JSON or a DSSE envelope, and the revocations that came with it. */
export const PolicyRequest = closed({
  file: base64File(LARGEST_DOCUMENT),
  revocations: Type.Optional(
    Type.Array(base64File(LARGEST_REVOCATION), { maxItems: MOST_REVOCATIONS }),
  ),
});

const DECIDES = {
  pool: Type.String(),
  name: Type.String(),
  revision: Type.Integer({ minimum: 0 }),
  digest: Digest,
  activatedAt: Time,
};

/** Which policy decides in a pool. */
export const PoolSchema = closed(DECIDES);
export const PoolListSchema = closed({ items: Type.Array(PoolSchema) });

/** With the files, as they were handed in. */
export const PoolPolicySchema = closed({
  ...DECIDES,
  file: Type.String({ description: 'base64' }),
  revocations: Type.Array(Type.String({ description: 'base64' })),
});

/** Each signed by the gateway (JWS, compact), oldest first; `next` is where to go on after. */
export const MisbehaviourPageSchema = closed({
  items: Type.Array(Type.String()),
  next: Type.Integer({ minimum: 0 }),
});
