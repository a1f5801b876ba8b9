import Type from 'typebox';
import { closed, Duration, hex, orSkip, Skip, some, text } from './values.ts';

/** What of a machine must be there, and how it hangs together. */
const Count = Type.Union(
  [
    closed({ exactly: Type.Integer({ minimum: 1, maximum: 64 }) }),
    closed({
      min: Type.Integer({ minimum: 1, maximum: 64 }),
      max: Type.Integer({ minimum: 1, maximum: 64 }),
    }),
  ],
  { description: '{ exactly: <1 to 64> } or { min, max }' },
);
export type Count = Type.Static<typeof Count>;

const DeviceGroup = closed({
  count: Count,
  distinctBy: Type.Literal('serial', { description: 'serial' }),
  sameChallengeAs: orSkip(Type.Literal('cpu'), 'cpu'),
});

/** A component that is not listed must not be there. */
export const Composite = closed({
  gpu: Type.Optional(DeviceGroup),
  nvswitch: Type.Optional(DeviceGroup),
  /** Each switch names the GPUs that are here, each GPU the switches; all in one mode. */
  topology: orSkip(Type.Literal('require'), 'require'),
});
export type Composite = Type.Static<typeof Composite>;

export const KEY_USES = ['ohttp', 'tls', 'ssh-host', 'receipt', 'e2e'] as const;

/** The keys that a client is going to use, and what they were made for. */
export const Bindings = closed({
  recipes: some(
    Type.Enum(
      [
        'postern-v1',
        'chutes-validator',
        'chutes-instance',
        'lium-ssh-v1',
        'lium-ssh-v2',
        'dstack-app-data',
        'dstack-ra-tls',
        'tinfoil-v2',
        'tinfoil-v3',
        'azure-runtime-data',
      ],
      { description: 'a recipe by name' },
    ),
    10,
  ),
  keys: orSkip(
    some(Type.Enum([...KEY_USES], { description: 'ohttp, tls, ssh-host, receipt or e2e' }), 5),
    'a list of key uses',
  ),
  purposes: orSkip(some(text(1, 255), 64), 'a list of purposes'),
  /** The evidence answers a challenge of whoever appraises it. */
  challenge: orSkip(Type.Literal('require'), 'require'),
});
export type Bindings = Type.Static<typeof Bindings>;

/** What the software was told and what it serves. */
export const Workload = closed({
  agentConfigSha256: orSkip(some(hex(32), 256), 'a list of 64 lower-case hex digits each'),
  weightsSha256: orSkip(some(hex(32), 256), 'a list of 64 lower-case hex digits each'),
});
export type Workload = Type.Static<typeof Workload>;

/**
 * What only these machines have. The same measurements run on an attacker's own genuine
 * hardware: without such a fact any of them will do.
 */
export const Deployment = Type.Union(
  [
    closed({ chipIds: some(hex(64), 4096) }),
    closed({ platformInstanceIds: some(hex(16), 4096) }),
    closed({
      register: Type.Enum(['hostData', 'mrConfigId', 'mrOwner', 'mrOwnerConfig', 'rtmr3'], {
        description: 'hostData, mrConfigId, mrOwner, mrOwnerConfig or rtmr3',
      }),
      holds: text(8, 500),
    }),
    Skip,
  ],
  {
    description:
      '{ chipIds: […] }, { platformInstanceIds: […] }, { register, holds: "<what it holds>" } or { skip: "<reason>" }',
  },
);
export type Deployment = Type.Static<typeof Deployment>;

/** A word of a kernel's command line; a * at its end stands for any rest. */
const Word = Type.String({
  pattern: '^[!-)+-~]{1,128}\\*?$',
  description: 'a word of the command line, perhaps with a * at its end',
});

/** Logs are how secrets leave a sealed machine: nothing may write where the host can read. */
export const LogHygiene = closed({
  commandLine: orSkip(
    closed({
      forbid: some(Word, 256),
      require: Type.Array(Word, { maxItems: 256 }),
      /** Firmware that measures a command line without logging its text: what it must have been. */
      text: Type.Optional(text(1, 4096)),
    }),
    '{ forbid: [<word>], require: [<word>] }',
  ),
  events: orSkip(closed({ forbid: some(text(1, 128), 256) }), '{ forbid: [<event>] }'),
});
export type LogHygiene = Type.Static<typeof LogHygiene>;

/** For whoever admits machines: how old an answer may get. */
export const Freshness = closed({
  nonceTtl: Duration,
  resultTtl: Duration,
  reattestEvery: Duration,
  reattestGrace: Type.Optional(Duration),
});
export type Freshness = Type.Static<typeof Freshness>;

/** What data can't say, in CEL; true only when strictly true. */
export const Assertion = closed({
  id: Type.String({
    pattern: '^[A-Z][A-Z0-9_]{2,63}$',
    description: '3 to 64 of A to Z, digits and _',
  }),
  cel: Type.String({
    minLength: 1,
    maxLength: 1024,
    // Half a character can't be part of a canonical text, so that such a policy has no digest.
    pattern: '^[^\\ud800-\\udfff]*$',
    description: 'CEL, up to 1024 characters',
  }),
  message: text(8, 500),
  enforce: Type.Enum(['deny', 'warn'], { description: 'deny or warn' }),
});
export type Assertion = Type.Static<typeof Assertion>;
