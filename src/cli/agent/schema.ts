import Type from 'typebox';
import { SSH_KEY_KINDS } from '../../agent/keys/ssh-host-key.ts';
import { HEADER_NAME, REQUEST_PATTERN } from '../../agent/session/allowed.ts';
import { closed, Duration, hex, text } from '../../appraisal/policy/schema/values.ts';
import { NodeName, ServiceAddress } from '../../protocol/node.ts';
import { PoolName } from '../../protocol/values.ts';
import { count, Path, Size } from '../config/values.ts';

const Upstream = closed({
  address: Type.String({
    pattern: '^(http://(127\\.0\\.0\\.1|\\[::1\\]):[1-9][0-9]{0,4}|unix:/[^\\p{C}]{1,106})$',
    description:
      'http://127.0.0.1:<port>, http://[::1]:<port> or unix:<path of a socket>, and nothing outside of this machine',
  }),
  /** A file with the value of the header `authorization`, e.g. `Bearer …`. */
  authorization: Type.Optional(Path),
  answerWithin: Type.Optional(Duration),
  idle: Type.Optional(Duration),
  wholeWithin: Type.Optional(Duration),
});

const HeaderName = Type.String({
  pattern: HEADER_NAME,
  description: 'the name of a header in lower case',
});
const HeaderNames = Type.Array(HeaderName, { maxItems: 64, uniqueItems: true });

const Allow = closed({
  requests: Type.Optional(
    Type.Array(
      Type.String({
        pattern: REQUEST_PATTERN,
        description:
          'a method of HTTP and a path, e.g. POST /v1/chat/completions or GET /v1/files/*',
      }),
      { minItems: 1, maxItems: 256, uniqueItems: true },
    ),
  ),
  requestHeaders: Type.Optional(HeaderNames),
  responseHeaders: Type.Optional(HeaderNames),
});

const Keys = closed({
  suites: Type.Optional(
    Type.Array(
      Type.Enum(['hybrid', 'x25519'], {
        description: 'hybrid (MLKEM768-X25519) or x25519',
      }),
      { minItems: 1, maxItems: 2, uniqueItems: true },
    ),
  ),
  life: Type.Optional(Duration),
  overlap: Type.Optional(Duration),
  inFlight: Type.Optional(Duration),
  dateWindow: Type.Optional(Duration),
  encapsulations: Type.Optional(count(16, 10_000_000)),
  accounts: Type.Optional(count(16, 1_000_000)),
});

const Limits = closed({
  request: Type.Optional(Size),
  bodies: Type.Optional(Size),
  sessions: Type.Optional(count(1, 10_000)),
  connections: Type.Optional(count(1, 100_000)),
  requestWithin: Type.Optional(Duration),
  drainWithin: Type.Optional(Duration),
  challenges: Type.Optional(count(0, 1000)),
  challengesPerMinute: Type.Optional(count(1, 100_000)),
  closeWithin: Type.Optional(Duration),
});

const Machine = closed({
  cpu: Type.Enum(['tdx', 'snp'], { description: 'tdx or snp' }),
  gpus: Type.Optional(count(0, 64)),
  switches: Type.Optional(count(0, 64)),
});

const Origin = Type.String({
  pattern: '^https://[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(:[1-9][0-9]{0,4})?$',
  description:
    'an https origin in lower case, without path or slash, e.g. https://gate.example.org',
});

const Gateway = closed({
  origin: Origin,
  /** Where it is asked, where that is not its origin. */
  address: Type.Optional(
    Type.String({
      pattern: '^https?://[a-z0-9.\\[\\]:-]{1,260}$',
      description: 'an http or https origin, e.g. http://10.0.0.2:8443',
    }),
  ),
  pool: PoolName,
  name: NodeName,
  endpoint: Type.Optional(
    Type.String({
      pattern: '^https?://[!-~]{1,480}/attest$',
      description: 'a URL whose path ends in /attest, e.g. https://203.0.113.7:8500/v1/attest',
    }),
  ),
  /** Its own Ed25519 key; without, one is made in memory at each start. */
  nodeKey: Type.Optional(Path),
  /** What that key was enrolled as. */
  node: Type.Optional(hex(16)),
  /** A file with an API key of role node. */
  enrolmentKey: Type.Optional(Path),
  epochEvery: Type.Optional(Duration),
  retry: Type.Optional(Duration),
  retryMost: Type.Optional(Duration),
});

const Listen = Type.String({
  pattern: '^(\\[[0-9a-fA-F:]{2,39}\\]|[A-Za-z0-9][A-Za-z0-9.-]{0,252}):(0|[1-9][0-9]{0,4})$',
  description: 'host:port, e.g. 0.0.0.0:8500',
});

/** Asked of the gateway for the keys, and shown beside them. */
const Certificates = Type.Optional(
  Type.Boolean({ description: 'true: the gateway’s authority is asked to certify the keys' }),
);

const Ssh = closed({
  folder: Type.Optional(Path),
  algorithms: Type.Optional(
    Type.Array(Type.Enum([...SSH_KEY_KINDS], { description: SSH_KEY_KINDS.join(' or ') }), {
      minItems: 1,
      maxItems: SSH_KEY_KINDS.length,
      uniqueItems: true,
    }),
  ),
  /** Where people reach sshd. */
  address: Type.Optional(ServiceAddress),
  reload: Type.Optional(Type.Array(text(1, 1024), { minItems: 1, maxItems: 32 })),
  certificates: Certificates,
});

const Tls = closed({
  listen: Listen,
  names: Type.Array(
    Type.String({
      pattern:
        '^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*|[0-9a-f:]{2,39})$',
      maxLength: 253,
      description: 'the name of a host in lower case, or an IP address',
    }),
    { minItems: 1, maxItems: 64, uniqueItems: true },
  ),
  forward: Type.String({
    pattern: '^((127\\.0\\.0\\.1|\\[::1\\]):[1-9][0-9]{0,4}|unix:/[^\\p{C}]{1,106})$',
    description:
      '127.0.0.1:<port>, [::1]:<port> or unix:<path of a socket>, and nothing outside of this machine',
  }),
  /** Where people reach it. */
  address: Type.Optional(ServiceAddress),
  certificates: Certificates,
  connections: Type.Optional(count(1, 100_000)),
  handshakeWithin: Type.Optional(Duration),
  idle: Type.Optional(Duration),
});

const Evidence = closed({
  tsm: Type.Optional(Path),
  acpi: Type.Optional(Path),
  collector: Type.Optional(Type.Array(text(1, 1024), { minItems: 1, maxItems: 32 })),
  collectWithin: Type.Optional(Duration),
});

export const AgentConfigSchema = Type.Object(
  {
    apiVersion: Type.Literal('postern/v1', { description: 'postern/v1' }),
    kind: Type.Literal('Agent', { description: 'Agent' }),
    deployment: Type.String({
      pattern: '^[!-~]{1,128}$',
      description: '1 to 128 visible characters: the operator’s name for what is deployed',
    }),
    listen: Type.Optional(Listen),
    serves: Type.Optional(
      Type.Enum(['openai', 'plain'], {
        description: 'openai, or plain: requests and answers of any kind',
      }),
    ),
    upstream: Upstream,
    allow: Type.Optional(Allow),
    padding: Type.Optional(
      closed({
        bucket: Type.Enum([0, 256, 512, 1024], { description: '0 (none), 256, 512 or 1024' }),
      }),
    ),
    keys: Type.Optional(Keys),
    limits: Type.Optional(Limits),
    machine: Machine,
    gateway: Type.Optional(Gateway),
    ssh: Type.Optional(Ssh),
    tls: Type.Optional(Tls),
    evidence: Type.Optional(Evidence),
    logs: Type.Optional(
      closed({
        level: Type.Enum(['debug', 'info', 'warn', 'error'], {
          description: 'debug, info, warn or error',
        }),
      }),
    ),
  },
  {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'urn:postern:schema:agent:v1',
    title: 'Postern agent, version 1',
    additionalProperties: false,
  },
);

/** A configuration as somebody wrote it: what is not said is left out. */
export type WrittenAgentConfig = Type.Static<typeof AgentConfigSchema>;
