import Type from 'typebox';
import { closed, hex } from '../appraisal/policy/schema/values.ts';
import { Endpoint, InventorySchema, NodeKeySchema, NodeName, ServicesSchema } from './node.ts';
import { Nonce, PoolName, Time } from './values.ts';

/** Who is going to enrol. */
export const EnrolmentChallengeRequest = closed({ key: NodeKeySchema });

/** Valid once, for this purpose and until then. */
export const ChallengeSchema = closed({
  nonce: Nonce,
  purpose: Type.String(),
  expiresAt: Time,
});

export const EnrolmentRequest = closed({
  name: NodeName,
  key: NodeKeySchema,
  pool: PoolName,
  endpoint: Type.Optional(Endpoint),
  services: Type.Optional(ServicesSchema),
  inventory: InventorySchema,
  nonce: Nonce,
  /** The node's key over the enrolment's transcript (see `enrolment-transcript.ts`). */
  signature: hex(64),
});
