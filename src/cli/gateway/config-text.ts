import { CERTIFICATE_LIFE } from './certificates-config.ts';
import { DEFAULTS } from './config.ts';

/** What a new gateway's configuration has to say. */
export interface ConfigWish {
  readonly origin: string;
  readonly database: 'sqlite' | 'postgres';
  readonly listen: string;
  /** Who ends TLS before it; undefined: it has a certificate of its own. */
  readonly proxy: string | undefined;
}

const { tokens, times, calls, limits, broker, retention, endorsements, logs, metrics, witnesses } =
  DEFAULTS;

/**
 * A configuration to begin with: what must be said, and everything else as it is unless said,
 * behind `#`.
 */
export function configText({ origin, database, listen, proxy }: ConfigWish): string {
  const tls =
    proxy === undefined
      ? '{ cert: tls/fullchain.pem, key: tls/privkey.pem }'
      : `{ proxy: ${JSON.stringify(proxy)} }`;
  return `# A gateway of Postern: postern gateway check says what it comes to, and what is wrong with it.
# Paths begin at this folder. No secret stands in here, only paths of files that hold one.
# Each value can be said otherwise: --set times.retry=5s, or POSTERN_TIMES_RETRY=5s.
# What stands behind a # without a space is what holds unless it is said.
apiVersion: postern/v1
kind: Gateway

# What the world calls it: evidence and signatures are made for this name.
origin: ${JSON.stringify(origin)}
listen: ${JSON.stringify(listen)}

# A certificate of its own with its chain, or what ends TLS before it: { proxy: "nginx on this host" }
tls: ${tls}

# Proxies whose word about a caller's address counts, e.g. [10.0.0.0/8]
#proxies: []

# sqlite: a file in the folder of the ledger. postgres: at DATABASE_URL, for several gateways.
database: ${database}
#ledger: ${DEFAULTS.ledger}

# Machines that serve the same thing, and the policy that lets them in. A later revision decides from
# the next start on, or at once by PUT /v1/pools/<pool>/policy. signature is { keyring },
# { publicKeys: [<pem>], threshold }, or { unsigned: "<why>" }.
pools: []
#pools:
#  - name: serving
#    policy: policies/serving.dsse.json
#    signature: { keyring: policies/keyring.json }
#    revocations: [policies/revoked.dsse.json]
#    identity: required   # or where-shown: a machine that hides its hardware may be here twice

# Whose roots count. Others mark every result: { kind: custom, intel: [root.pem] }, or simulator.
#anchors: { kind: ${DEFAULTS.anchors.kind} }

# What vendors say of processors and devices: kept in the folder, asked for where it is old or missing.
# update: early takes Intel's TCB evaluations as soon as they are published.
#endorsements:
#  folder: ${endorsements.folder}
#  offline: ${endorsements.offline}
#  update: ${endorsements.update}

# Tokens about decisions.
#tokens:
#  issuer: ${JSON.stringify(origin)}
#  audience: ${JSON.stringify(origin)}
#  key: ${tokens.key}

# Under which hardware is named in the database; all gateways of one database have the same.
#hardwareKey: ${DEFAULTS.hardwareKey}

# challengeTtl, resultTtl (of admissions and their tokens) and override are the most; a policy may
# want less. challengeKey: how long challenges are made under one key. clockSkew: between gateways.
# retry: after a failed look at a machine, doubled with each up to retryMost.
#times:
#  challengeTtl: ${times.challengeTtl}
#  resultTtl: ${times.resultTtl}
#  override: ${times.override}
#  challengeKey: ${times.challengeKey}
#  clockSkew: ${times.clockSkew}
#  retry: ${times.retry}
#  retryMost: ${times.retryMost}

# Of machines at their endpoints. private-too: also those in the gateway's own network.
#calls: { endpoints: ${calls.endpoints}, deadline: ${calls.deadline} }

# bundle: of one. bodies: of all that are being read. So many verifications at once, so many more
# waiting. threads: that verify; auto: one less than there are cores, at least one; 0: none but the
# gateway's own. followers: of events. rates: requests a minute.
#limits:
#  bundle: ${limits.bundle}
#  bodies: ${limits.bodies}
#  verifications: ${limits.verifications}
#  threads: ${limits.threads}
#  waiting: ${limits.waiting}
#  connections: ${limits.connections}
#  followers: ${limits.followers}
#  rates: { address: ${limits.rates.address}, node: ${limits.rates.node}, credential: ${limits.rates.credential} }

# Sealed sessions: which models the machines of a pool serve, and where. Each API key may so many
# sessions and challenges a minute, streams at once, and tokens a day; postern keys quotas says
# otherwise for one.
#broker:
#  pools: [{ pool: serving, models: [some-model], region: somewhere }]
#  quotas:
#    requests: ${broker.quotas.requests}
#    streams: ${broker.quotas.streams}
#    tokens: ${broker.quotas.tokens}
#    evidence: ${broker.quotas.evidence}
#  limits:
#    streams: ${broker.limits.streams}
#    request: ${broker.limits.request}
#    evidence: ${broker.limits.evidence}
#    kept: ${broker.limits.kept}
#    keptInAll: ${broker.limits.keptInAll}
#  times:
#    deadline: ${broker.times.deadline}
#    idle: ${broker.times.idle}
#    drain: ${broker.times.drain}
#    keep: ${broker.times.keep}
#    wait: ${broker.times.wait}
#    epoch: ${broker.times.epoch}

# Certificates for machines' SSH and TLS keys, for clients who trust an authority and so whoever holds
# its key: postern ca init makes them. key: a file, or agent:<socket>#SHA256:<fingerprint>.
#certificates:
#  domain: fleet.example.org
#  life: ${CERTIFICATE_LIFE}
#  ssh: { key: ca/ssh-ca.pem }
#  tls: { key: ca/tls-ca.pem, certificate: ca/tls-ca.crt }

# Others who cosign the log: those of witnesses.tlog-policy in the folder of the ledger, if it is there.
#witnesses: { every: ${witnesses.every} }

#logs: { level: ${logs.level}, addresses: ${logs.addresses} }
#metrics: { access: ${metrics.access} }

# How long the archive has what decisions saw (the log itself stays), and how long events and usage
# statements last.
#retention: { records: ${retention.records}, events: ${retention.events}, usage: ${retention.usage} }
`;
}
