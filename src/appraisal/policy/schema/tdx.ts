import Type from 'typebox';
import {
  closed,
  Forbidden,
  hex,
  Lifecycle,
  orSkip,
  Presence,
  Provenance,
  SetId,
  some,
  Time,
  text,
} from './values.ts';

const REGISTER = hex(48);

/** An event that the log of a register must or may hold. */
export const EventRule = closed({
  event: text(1, 128),
  digests: some(hex(48), 64),
  occurs: Type.Enum(['once', 'at-least-once', 'at-most-once'], {
    description: 'once, at-least-once or at-most-once',
  }),
});
export type EventRule = Type.Static<typeof EventRule>;

/** A register that is known by the story it tells, where the log replays to it. */
export const EventLogValue = closed({
  eventLog: some(EventRule, 256),
  otherEvents: Type.Enum(['allow', 'forbid'], { description: 'allow or forbid' }),
});
export type EventLogValue = Type.Static<typeof EventLogValue>;

const FixedRegister = orSkip(REGISTER);
const RuntimeRegister = Type.Union([REGISTER, EventLogValue, FixedRegister.anyOf[1]], {
  description:
    '96 lower-case hex digits, { eventLog: […], otherEvents: allow|forbid } or { skip: "<reason>" }',
});

/** What went into a register, in order: it tells which event departs, and decides nothing. */
export const RecordedEvent = closed({ digest: REGISTER, says: Type.Optional(text(1, 500)) });
export type RecordedEvent = Type.Static<typeof RecordedEvent>;

const Recorded = Type.Array(RecordedEvent, { maxItems: 4096 });

/** One known machine: all of its registers together, none of them alone. */
export const TdxReferenceSet = closed({
  id: SetId,
  lifecycle: Lifecycle,
  mrTd: FixedRegister,
  rtmr0: RuntimeRegister,
  rtmr1: RuntimeRegister,
  rtmr2: RuntimeRegister,
  rtmr3: RuntimeRegister,
  mrConfigId: FixedRegister,
  mrOwner: FixedRegister,
  mrOwnerConfig: FixedRegister,
  mrServiceTd: FixedRegister,
  recordedEvents: Type.Optional(
    closed({
      rtmr0: Type.Optional(Recorded),
      rtmr1: Type.Optional(Recorded),
      rtmr2: Type.Optional(Recorded),
      rtmr3: Type.Optional(Recorded),
    }),
  ),
  provenance: Type.Optional(Provenance),
});
export type TdxReferenceSet = Type.Static<typeof TdxReferenceSet>;

/** Statuses that a policy can accept; Revoked is not among them. */
const TcbStatus = Type.Enum(
  [
    'UpToDate',
    'SWHardeningNeeded',
    'ConfigurationNeeded',
    'ConfigurationAndSWHardeningNeeded',
    'OutOfDate',
    'OutOfDateConfigurationNeeded',
    'TDRelaunchAdvised',
    'TDRelaunchAdvisedConfigurationNeeded',
  ],
  { description: 'a TCB status of Intel’s other than Revoked' },
);

/** A weakness that is known and put up with, until a day. */
const AdvisoryException = closed({
  id: Type.String({
    pattern: '^INTEL-(SA|DOC)-[0-9]{5}$',
    description: 'an advisory of Intel’s, e.g. INTEL-SA-00615',
  }),
  until: Time,
  reason: text(8, 500),
});
export type AdvisoryException = Type.Static<typeof AdvisoryException>;

/** Of a bit that came after the first policies; those that do not know it must not let it in. */
const PRESENCE_OF_LATER_BIT = Type.Enum(['require', 'forbid', 'any'], {
  description: 'require, forbid or any; forbid unless said',
});

export const TdxRules = closed({
  type: Type.Literal('intel-tdx'),
  referenceSets: Type.Array(TdxReferenceSet, { minItems: 1, maxItems: 1024 }),
  attributes: closed({
    debug: Forbidden,
    septVeDisable: Presence,
    migratable: Presence,
    lass: Presence,
    pks: Presence,
    kl: Presence,
    perfmon: Presence,
    icssd: Type.Optional(PRESENCE_OF_LATER_BIT),
    tpa: Type.Optional(PRESENCE_OF_LATER_BIT),
  }),
  /** The CPU features that the TD may use. */
  xfam: Type.Union(
    [
      closed({ exact: hex(8) }),
      closed({ forbidBits: some(Type.Integer({ minimum: 0, maximum: 63 }), 64) }),
      FixedRegister.anyOf[1],
    ],
    {
      description:
        '{ exact: <16 hex digits as in the quote> }, { forbidBits: [<0 to 63>] } or { skip: "<reason>" }',
    },
  ),
  tdxModule: closed({
    /** By major version, which is byte 1 of TEE_TCB_SVN; one that is not listed is refused. */
    floors: orSkip(
      some(
        closed({
          major: Type.Integer({ minimum: 0, maximum: 255 }),
          minIsvSvn: Type.Integer({ minimum: 0, maximum: 255 }),
        }),
        16,
      ),
      'a list of { major, minIsvSvn }',
    ),
    mrSeam: orSkip(some(REGISTER, 64), 'a list of 96 lower-case hex digits each'),
  }),
  platform: closed({
    fmspc: orSkip(some(hex(6), 256), 'a list of 12 lower-case hex digits each'),
    smt: Presence,
    dynamicPlatform: Presence,
    cachedKeys: Presence,
  }),
  tcb: closed({
    accept: some(TcbStatus, 8),
    advisories: Type.Array(AdvisoryException, { maxItems: 256 }),
    /** tcbEvaluationDataNumber of TCB info and QE identity: an older evaluation knows of fewer weaknesses. */
    minEvaluationDataNumber: orSkip(
      Type.Integer({ minimum: 0, maximum: 0xffff_ffff }),
      'a whole number',
    ),
  }),
});
export type TdxRules = Type.Static<typeof TdxRules>;

/** What is wanted of each attribute but DEBUG, which no policy allows. */
export function wantedAttributes({ attributes }: Pick<TdxRules, 'attributes'>) {
  const { debug: _never, ...said } = attributes;
  return { ...said, icssd: said.icssd ?? 'forbid', tpa: said.tpa ?? 'forbid' } as const;
}
