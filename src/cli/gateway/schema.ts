import Type from 'typebox';
import { closed, Duration, text } from '../../appraisal/policy/schema/values.ts';
import { count, Path, Size } from '../config/values.ts';
import { Broker } from './broker-schema.ts';
import { CertificatesSchema } from './certificates-schema.ts';

const Url = Type.String({
  pattern: '^https?://[!-~]{1,1000}$',
  description: 'a URL, e.g. https://cache.example.org',
});

/** Long enough that somebody can learn from it why. */
const Reason = text(8, 500);

const PathList = Type.Array(Path, { minItems: 1, maxItems: 16, uniqueItems: true });

const Tls = Type.Union([closed({ cert: Path, key: Path }), closed({ proxy: Reason })], {
  description: '{ cert: <pem>, key: <pem> }, or { proxy: "<what ends TLS before it>" }',
});

const Signature = Type.Union(
  [
    closed({ keyring: Path }),
    closed({ publicKeys: PathList, threshold: Type.Integer({ minimum: 1, maximum: 16 }) }),
    closed({ unsigned: Reason }),
  ],
  {
    description:
      '{ keyring: <json> }, { publicKeys: [<pem>], threshold } or { unsigned: "<reason>" }',
  },
);

const Pool = closed({
  name: Type.String({
    pattern: '^[a-z0-9][a-z0-9._-]{0,63}$',
    description: '1 to 64 of a to z, digits, dot, dash and underscore',
  }),
  policy: Path,
  signature: Signature,
  /** Envelopes that revoke: a policy that one of them revokes decides nothing. */
  revocations: Type.Optional(PathList),
  /** Whether a machine has to say which hardware it is; without, one can be here twice. */
  identity: Type.Optional(
    Type.Enum(['required', 'where-shown'], { description: 'required or where-shown' }),
  ),
});

const ownRoots = {
  intel: Type.Optional(PathList),
  amd: Type.Optional(PathList),
  nvidia: Type.Optional(PathList),
  nvidiaManifests: Type.Optional(PathList),
};

/** Whose roots count; those of vendors that are not named stay as they are. */
const Anchors = Type.Union(
  [
    closed({ kind: Type.Literal('vendor') }),
    closed({ kind: Type.Literal('custom'), ...ownRoots }),
    closed({ kind: Type.Literal('simulator'), ...ownRoots }),
  ],
  {
    description:
      '{ kind: vendor }, or { kind: custom } or { kind: simulator } with intel, amd, nvidia, nvidiaManifests: [<pem>]',
  },
);

const Endorsements = closed({
  folder: Type.Optional(Path),
  /** Nobody is asked; the folder alone is used. */
  offline: Type.Optional(Type.Boolean({ description: 'true or false' })),
  pccs: Type.Optional(Url),
  /** Which of Intel's TCB evaluations decides. */
  update: Type.Optional(Type.Enum(['standard', 'early'], { description: 'standard or early' })),
  kds: Type.Optional(Url),
  rimService: Type.Optional(Url),
  rimServiceKey: Type.Optional(Path),
  ocspService: Type.Optional(Url),
});

const Tokens = closed({
  issuer: Type.Optional(Url),
  audience: Type.Optional(text(1, 500)),
  key: Type.Optional(Path),
});

const Times = closed({
  /** No challenge lives longer, whatever a policy says. */
  challengeTtl: Type.Optional(Duration),
  /** The same of admissions and their tokens. */
  resultTtl: Type.Optional(Duration),
  /** The longest override. */
  override: Type.Optional(Duration),
  /** How long challenges are made under one key. */
  challengeKey: Type.Optional(Duration),
  /** How far apart the clocks of gateways of one database may be. */
  clockSkew: Type.Optional(Duration),
  /** How long after a failed look at a node the next one comes; doubled with each. */
  retry: Type.Optional(Duration),
  /** But no later than this. */
  retryMost: Type.Optional(Duration),
});

/** Of nodes, at the endpoints that they were enrolled with. */
const Calls = closed({
  endpoints: Type.Optional(
    Type.Enum(['public', 'private-too'], {
      description: 'public, or private-too: those in the gateway’s own network as well',
    }),
  ),
  /** How long a node may take to answer. */
  deadline: Type.Optional(Duration),
});

const Rate = Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'requests a minute' });

const Rates = closed({
  /** Of one address, before it is known who asks. */
  address: Type.Optional(Rate),
  /** Of one node. */
  node: Type.Optional(Rate),
  /** Of one API key or public key. */
  credential: Type.Optional(Rate),
});

const Limits = closed({
  /** Of one. */
  bundle: Type.Optional(Size),
  /** Of all that are being read or worked on. */
  bodies: Type.Optional(Size),
  /** Verifications at once. */
  verifications: Type.Optional(count(1, 256)),
  /** Threads that verify, beside the gateway's own. */
  threads: Type.Optional(
    Type.Union([Type.Integer({ minimum: 0, maximum: 256 }), Type.Literal('auto')], {
      description:
        'auto, or a whole number from 0 to 256; 0: in the gateway’s own thread, which then serves nobody meanwhile',
    }),
  ),
  /** How many more may wait. */
  waiting: Type.Optional(count(0, 10_000)),
  connections: Type.Optional(count(1, 100_000)),
  /** Of events, at once. */
  followers: Type.Optional(count(1, 100_000)),
  rates: Type.Optional(Rates),
});

/** Those that the ledger's folder names, in witnesses.tlog-policy. */
const Witnesses = closed({ every: Type.Optional(Duration) });

const Retention = closed({
  /** How long the archive has what decisions saw. */
  records: Type.Optional(
    Type.Union([Duration, Type.Literal('keep')], {
      description: 'keep, or a duration up to 3650d, e.g. 90d',
    }),
  ),
  events: Type.Optional(Duration),
  /** How long usage statements are kept; those of a day are in any case, since quotas count them. */
  usage: Type.Optional(
    Type.Union([Duration, Type.Literal('keep')], {
      description: 'keep, or a duration up to 3650d, e.g. 90d',
    }),
  ),
});

export const GatewayConfigSchema = Type.Object(
  {
    apiVersion: Type.Literal('postern/v1', { description: 'postern/v1' }),
    kind: Type.Literal('Gateway', { description: 'Gateway' }),
    origin: Type.String({
      pattern: '^https://[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(:[1-9][0-9]{0,4})?$',
      description:
        'an https origin in lower case, without path or slash, e.g. https://gate.example.org',
    }),
    listen: Type.Optional(
      Type.String({
        pattern: '^(\\[[0-9a-fA-F:]{2,39}\\]|[A-Za-z0-9][A-Za-z0-9.-]{0,252}):(0|[1-9][0-9]{0,4})$',
        description: 'host:port, e.g. 127.0.0.1:8443',
      }),
    ),
    tls: Tls,
    /** Whose word about a caller's address counts. */
    proxies: Type.Optional(
      Type.Array(
        Type.String({
          pattern: '^[0-9a-fA-F.:]{2,39}(/[0-9]{1,3})?$',
          description: 'an IP address or a range, e.g. 10.0.0.0/8',
        }),
        { maxItems: 64, uniqueItems: true },
      ),
    ),
    ledger: Type.Optional(Path),
    database: Type.Optional(
      Type.Enum(['sqlite', 'postgres'], {
        description: 'sqlite or postgres, whose address is in DATABASE_URL and nowhere else',
      }),
    ),
    pools: Type.Array(Pool, { maxItems: 64 }),
    anchors: Type.Optional(Anchors),
    endorsements: Type.Optional(Endorsements),
    tokens: Type.Optional(Tokens),
    hardwareKey: Type.Optional(Path),
    times: Type.Optional(Times),
    calls: Type.Optional(Calls),
    limits: Type.Optional(Limits),
    broker: Type.Optional(Broker),
    certificates: Type.Optional(CertificatesSchema),
    witnesses: Type.Optional(Witnesses),
    logs: Type.Optional(
      closed({
        level: Type.Optional(
          Type.Enum(['debug', 'info', 'warn', 'error'], {
            description: 'debug, info, warn or error',
          }),
        ),
        /** Of callers: they are about people. */
        addresses: Type.Optional(
          Type.Enum(['written', 'left-out'], { description: 'written or left-out' }),
        ),
      }),
    ),
    metrics: Type.Optional(
      closed({
        access: Type.Enum(['public', 'authenticated'], {
          description: 'public or authenticated',
        }),
      }),
    ),
    retention: Type.Optional(Retention),
  },
  {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'urn:postern:schema:gateway:v1',
    title: 'Postern gateway, version 1',
    additionalProperties: false,
  },
);

/** A configuration as somebody wrote it: what is not said is left out. */
export type WrittenConfig = Type.Static<typeof GatewayConfigSchema>;
