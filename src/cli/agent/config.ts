import { resolve } from 'node:path';
import type { AgentConfig, GatewayConfig, SshConfig, TlsConfig } from '../../agent/config.ts';
import { ACPI_TABLES } from '../../agent/evidence/ccel.ts';
import { TSM_REPORT_ROOT } from '../../agent/evidence/configfs-tsm.ts';
import {
  OPENAI_REQUESTS,
  USUAL_REQUEST_HEADERS,
  USUAL_RESPONSE_HEADERS,
} from '../../agent/session/allowed.ts';
import { durationMs } from '../../appraisal/policy/duration.ts';
import { sizeBytes } from '../config/size.ts';
import { splitAddress } from '../config/split-address.ts';
import type { WrittenAgentConfig } from './schema.ts';

/** What holds unless it is said. */
export const AGENT_DEFAULTS = {
  listen: '127.0.0.1:8500',
  serves: 'openai',
  upstream: { answerWithin: '10m', idle: '2m', wholeWithin: '1h' },
  padding: { bucket: 512 },
  keys: {
    suites: ['hybrid', 'x25519'],
    life: '1h',
    overlap: '10m',
    inFlight: '10m',
    dateWindow: '2m',
    encapsulations: 1_000_000,
    accounts: 10_000,
  },
  limits: {
    request: '16MiB',
    bodies: '256MiB',
    sessions: 256,
    connections: 1024,
    requestWithin: '1m',
    drainWithin: '30s',
    challenges: 8,
    challengesPerMinute: 60,
    closeWithin: '1m',
  },
  machine: { gpus: 0, switches: 0 },
  gateway: { epochEvery: '5m', retry: '2s', retryMost: '5m' },
  ssh: { folder: '/run/postern/ssh', algorithms: ['ed25519'], certificates: false },
  tls: { certificates: false, connections: 1024, handshakeWithin: '10s', idle: '10m' },
  evidence: {
    tsm: TSM_REPORT_ROOT,
    acpi: ACPI_TABLES,
    collector: ['/usr/bin/nvattest'],
    collectWithin: '1m',
  },
  logs: { level: 'info' },
} as const;

/** What the secrets of a configuration come to, each as it may be told. */
export interface ToldSecrets {
  /** SHA-256, lower-case hex. */
  readonly authorizationSha256: string | null;
  readonly enrolmentKeySha256: string | null;
  /** The public half, lower-case hex. */
  readonly nodeKey: string | null;
}

/** All of a configuration: nothing of it is left to be known from elsewhere. */
export function resolveAgentConfig(
  written: WrittenAgentConfig,
  told: ToldSecrets,
  dir: string,
): AgentConfig {
  const { deployment, gateway, ssh, tls, allow = {} } = written;
  const serves = written.serves ?? AGENT_DEFAULTS.serves;
  const upstream = { ...AGENT_DEFAULTS.upstream, ...written.upstream };
  const keys = { ...AGENT_DEFAULTS.keys, ...written.keys };
  const limits = { ...AGENT_DEFAULTS.limits, ...written.limits };
  const evidence = { ...AGENT_DEFAULTS.evidence, ...written.evidence };
  return {
    deployment,
    listen: splitAddress(written.listen ?? AGENT_DEFAULTS.listen),
    serves,
    upstream: {
      address: upstream.address,
      authorizationSha256: told.authorizationSha256,
      answerWithin: durationMs(upstream.answerWithin),
      idle: durationMs(upstream.idle),
      wholeWithin: durationMs(upstream.wholeWithin),
    },
    allow: {
      requests: allow.requests ?? (serves === 'openai' ? OPENAI_REQUESTS : []),
      requestHeaders: allow.requestHeaders ?? USUAL_REQUEST_HEADERS,
      responseHeaders: allow.responseHeaders ?? USUAL_RESPONSE_HEADERS,
    },
    padding: { ...AGENT_DEFAULTS.padding, ...written.padding },
    keys: {
      ...keys,
      life: durationMs(keys.life),
      overlap: durationMs(keys.overlap),
      inFlight: durationMs(keys.inFlight),
      dateWindow: durationMs(keys.dateWindow),
    },
    limits: {
      ...limits,
      request: sizeBytes(limits.request),
      bodies: sizeBytes(limits.bodies),
      requestWithin: durationMs(limits.requestWithin),
      drainWithin: durationMs(limits.drainWithin),
      closeWithin: durationMs(limits.closeWithin),
    },
    machine: { ...AGENT_DEFAULTS.machine, ...written.machine },
    gateway: gateway === undefined ? null : gatewayConfig(gateway, told),
    ssh: ssh === undefined ? null : sshConfig(ssh, dir),
    tls: tls === undefined ? null : tlsConfig(tls),
    evidence: {
      tsm: resolve(dir, evidence.tsm),
      acpi: resolve(dir, evidence.acpi),
      collector: evidence.collector,
      collectWithin: durationMs(evidence.collectWithin),
    },
    logs: { ...AGENT_DEFAULTS.logs, ...written.logs },
  };
}

function gatewayConfig(
  written: NonNullable<WrittenAgentConfig['gateway']>,
  { nodeKey, enrolmentKeySha256 }: ToldSecrets,
): GatewayConfig {
  const { origin, address, pool, name, endpoint, node } = written;
  const { epochEvery, retry, retryMost } = { ...AGENT_DEFAULTS.gateway, ...written };
  return {
    origin,
    address: address ?? origin,
    pool,
    name,
    endpoint: endpoint ?? null,
    nodeKey,
    node: node ?? null,
    enrolmentKeySha256,
    epochEvery: durationMs(epochEvery),
    retry: durationMs(retry),
    retryMost: durationMs(retryMost),
  };
}

function sshConfig(written: NonNullable<WrittenAgentConfig['ssh']>, dir: string): SshConfig {
  const { folder, algorithms, certificates } = { ...AGENT_DEFAULTS.ssh, ...written };
  const { address = null, reload = null } = written;
  return { folder: resolve(dir, folder), algorithms, address, reload, certificates };
}

function tlsConfig(written: NonNullable<WrittenAgentConfig['tls']>): TlsConfig {
  const { listen, names, forward, address = null } = written;
  const { certificates, connections, handshakeWithin, idle } = {
    ...AGENT_DEFAULTS.tls,
    ...written,
  };
  return {
    listen: splitAddress(listen),
    names,
    forward,
    address,
    certificates,
    connections,
    handshakeWithin: durationMs(handshakeWithin),
    idle: durationMs(idle),
  };
}
