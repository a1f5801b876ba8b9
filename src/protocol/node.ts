import Type from 'typebox';
import { closed, text } from '../appraisal/policy/schema/values.ts';
import { Code, Digest, Id, PublicKey, Time, VerdictWord } from './values.ts';

export const NodeKeySchema = closed({
  algorithm: Type.Enum(['ed25519', 'sr25519'], { description: 'ed25519 or sr25519' }),
  publicKey: PublicKey,
});

export const InventorySchema = closed({
  cpu: Type.Enum(['tdx', 'snp'], { description: 'tdx or snp' }),
  gpus: Type.Integer({ minimum: 0, maximum: 64 }),
  switches: Type.Integer({ minimum: 0, maximum: 64 }),
});

/** For people. */
export const NodeName = text(1, 128);

export const Endpoint = Type.String({
  minLength: 8,
  maxLength: 512,
  pattern: '^https?://[!-~]+$',
  description: 'an http or https URL of at most 512 characters',
});

export const ServiceAddress = Type.String({
  maxLength: 260,
  pattern: '^(?:[A-Za-z0-9][A-Za-z0-9.-]*|\\[[0-9a-f:.]+\\]):[1-9][0-9]{0,4}$',
  description: 'host:port, IPv6 as [address]:port',
});

/** Where people reach what a machine serves under keys of its keyset: hints, the keys decide. */
export const ServicesSchema = closed({
  ssh: Type.Optional(ServiceAddress),
  tls: Type.Optional(ServiceAddress),
});
export type Services = Type.Static<typeof ServicesSchema>;

export const NODE_STATES = ['enrolled', 'admitted', 'lapsed', 'quarantined', 'revoked'] as const;
export const StateWord = Type.Enum([...NODE_STATES], { description: NODE_STATES.join(', ') });

const AdmissionSchema = closed({
  id: Id,
  decision: Id,
  until: Time,
  evidenceAt: Time,
  policy: Digest,
  referenceSet: Type.Optional(Type.String()),
  override: Type.Optional(Id),
});

/** Whether anything may be let to a node: `admitted` and before `admission.until`, else no. */
const StandingSchema = closed({
  state: StateWord,
  since: Time,
  admission: Type.Optional(AdmissionSchema),
  code: Type.Optional(Code),
  until: Type.Optional(Time),
  reason: Type.Optional(Type.String()),
  by: Type.Optional(Type.String()),
});

/** What was decided last about a node. */
const LastDecisionSchema = closed({
  id: Id,
  at: Time,
  verdict: VerdictWord,
  authentic: Type.Boolean(),
  codes: Type.Optional(Type.Array(Code)),
});

/** `endpoint`, `hardware`, `failures`, `codes`, `reason` and `by` are for those who may see reasons. */
export const NodeSchema = closed({
  id: Id,
  name: Type.String(),
  key: NodeKeySchema,
  pool: Type.String(),
  endpoint: Type.Optional(Type.String()),
  services: Type.Optional(ServicesSchema),
  declared: InventorySchema,
  enrolledAt: Time,
  version: Type.Integer({ minimum: 0 }),
  standing: StandingSchema,
  admittedNow: Type.Boolean({ description: 'at the moment of this answer' }),
  hardware: Type.Optional(Type.Array(Type.String())),
  last: Type.Optional(LastDecisionSchema),
  failures: Type.Optional(Type.Integer({ minimum: 0 })),
});
export type NodeJson = Type.Static<typeof NodeSchema>;

/** In the order of their ids; `next` is where to go on after, where there may be more. */
export const NodePageSchema = closed({
  items: Type.Array(NodeSchema),
  next: Type.Optional(Id),
});
