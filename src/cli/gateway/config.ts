import { resolve } from 'node:path';
import { durationMs } from '../../appraisal/policy/duration.ts';
import { sizeBytes } from '../config/size.ts';
import { splitAddress } from '../config/split-address.ts';
import { BROKER_DEFAULTS, type BrokerConfig, brokerConfig } from './broker-config.ts';
import { type CertificatesConfig, certificatesConfig } from './certificates-config.ts';
import type { WrittenConfig } from './schema.ts';

/** A gateway's configuration with everything said: paths absolute, times in milliseconds. */
export interface GatewayConfig {
  /** The folder that relative paths begin at. */
  readonly dir: string;
  readonly origin: string;
  readonly listen: { readonly host: string; readonly port: number };
  /** Own certificate, or who ends TLS before it. */
  readonly tls: { readonly cert: string; readonly key: string } | { readonly proxy: string };
  readonly proxies: readonly string[];
  /** Folder of the ledger, with its keys and, unless in PostgreSQL, the database of all. */
  readonly ledger: string;
  readonly database: 'sqlite' | 'postgres';
  readonly pools: readonly PoolConfig[];
  readonly anchors: AnchorsConfig;
  readonly endorsements: EndorsementsConfig;
  /** File of the key under which hardware is named in the database. */
  readonly hardwareKey: string;
  readonly tokens: { readonly issuer: string; readonly audience: string; readonly key: string };
  readonly times: TimesConfig;
  readonly calls: { readonly endpoints: 'public' | 'private-too'; readonly deadline: number };
  readonly limits: LimitsConfig;
  readonly broker: BrokerConfig;
  /** Undefined: no machine is certified. */
  readonly certificates: CertificatesConfig | undefined;
  /** How often those that the ledger's folder names are asked to cosign. */
  readonly witnesses: { readonly every: number };
  readonly logs: { readonly level: LogLevel; readonly addresses: 'written' | 'left-out' };
  readonly metrics: { readonly access: 'public' | 'authenticated' };
  /** Undefined: they are kept. */
  readonly retention: {
    readonly records: number | undefined;
    readonly events: number;
    readonly usage: number | undefined;
  };
}

type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface PoolConfig {
  readonly name: string;
  readonly policy: string;
  readonly signature:
    | { readonly keyring: string }
    | { readonly publicKeys: readonly string[]; readonly threshold: number }
    | { readonly unsigned: string };
  readonly revocations: readonly string[];
  readonly identity: 'required' | 'where-shown';
}

/** Files of roots; of an empty list the vendor's own count. */
export interface AnchorsConfig {
  readonly kind: 'vendor' | 'custom' | 'simulator';
  readonly intel: readonly string[];
  readonly amd: readonly string[];
  readonly nvidia: readonly string[];
  readonly nvidiaManifests: readonly string[];
}

export interface EndorsementsConfig {
  readonly folder: string;
  readonly access: 'online' | 'offline';
  readonly update: 'standard' | 'early';
  /** Undefined: the vendor's own service. */
  readonly pccs: string | undefined;
  readonly kds: string | undefined;
  readonly rimService: string | undefined;
  readonly rimServiceKey: string | undefined;
  readonly ocspService: string | undefined;
}

/** Milliseconds. */
export interface TimesConfig {
  readonly challengeTtl: number;
  readonly resultTtl: number;
  readonly override: number;
  readonly challengeKey: number;
  readonly clockSkew: number;
  readonly retry: number;
  readonly retryMost: number;
}

export interface LimitsConfig {
  /** Bytes of one. */
  readonly bundle: number;
  /** Bytes of all together. */
  readonly bodies: number;
  readonly verifications: number;
  /** That verify, beside the gateway's own; `auto`: as the machine has cores for. */
  readonly threads: number | 'auto';
  readonly waiting: number;
  readonly connections: number;
  readonly followers: number;
  /** Requests a minute. */
  readonly rates: { readonly address: number; readonly node: number; readonly credential: number };
}

/** What holds where the file says nothing, as the file would say it. */
export const DEFAULTS = {
  listen: '127.0.0.1:8443',
  ledger: 'ledger',
  database: 'sqlite',
  anchors: { kind: 'vendor' },
  endorsements: { folder: 'endorsements', offline: false, update: 'standard' },
  tokens: { key: 'keys/token.pem' },
  hardwareKey: 'keys/hardware.key',
  times: {
    challengeTtl: '2m',
    resultTtl: '24h',
    override: '24h',
    challengeKey: '24h',
    clockSkew: '30s',
    retry: '30s',
    retryMost: '15m',
  },
  calls: { endpoints: 'public', deadline: '20s' },
  limits: {
    bundle: '32MiB',
    bodies: '256MiB',
    verifications: 8,
    threads: 'auto',
    waiting: 64,
    connections: 2048,
    followers: 256,
    rates: { address: 600, node: 60, credential: 600 },
  },
  broker: BROKER_DEFAULTS,
  witnesses: { every: '1m' },
  logs: { level: 'info', addresses: 'left-out' },
  metrics: { access: 'authenticated' },
  retention: { records: 'keep', events: '90d', usage: '90d' },
} as const satisfies Partial<WrittenConfig>;

/**
 * @param written by the schema, and without contradictions.
 * @param dir the folder that it was found in.
 */
export function resolveConfig(written: WrittenConfig, dir: string): GatewayConfig {
  const at = (path: string) => resolve(dir, path);
  const { origin, tls, tokens } = written;
  return {
    dir: resolve(dir),
    origin,
    listen: splitAddress(written.listen ?? DEFAULTS.listen),
    tls: 'proxy' in tls ? tls : { cert: at(tls.cert), key: at(tls.key) },
    proxies: written.proxies ?? [],
    ledger: at(written.ledger ?? DEFAULTS.ledger),
    database: written.database ?? DEFAULTS.database,
    pools: written.pools.map((pool) => poolConfig(pool, at)),
    anchors: anchorsConfig(written.anchors ?? DEFAULTS.anchors, at),
    endorsements: endorsementsConfig(written.endorsements, at),
    tokens: {
      issuer: tokens?.issuer ?? origin,
      audience: tokens?.audience ?? origin,
      key: at(tokens?.key ?? DEFAULTS.tokens.key),
    },
    hardwareKey: at(written.hardwareKey ?? DEFAULTS.hardwareKey),
    times: timesConfig(written.times),
    calls: callsConfig(written.calls),
    limits: limitsConfig(written.limits),
    broker: brokerConfig(written.broker),
    certificates: written.certificates && certificatesConfig(written.certificates, at),
    witnesses: { every: durationMs(written.witnesses?.every ?? DEFAULTS.witnesses.every) },
    logs: { ...DEFAULTS.logs, ...written.logs },
    metrics: written.metrics ?? DEFAULTS.metrics,
    retention: retentionConfig(written.retention),
  };
}

type At = (path: string) => string;

function poolConfig(
  {
    name,
    policy,
    signature,
    revocations = [],
    identity = 'required',
  }: WrittenConfig['pools'][number],
  at: At,
): PoolConfig {
  const located =
    'keyring' in signature
      ? { keyring: at(signature.keyring) }
      : 'publicKeys' in signature
        ? { ...signature, publicKeys: signature.publicKeys.map(at) }
        : signature;
  return {
    name,
    policy: at(policy),
    signature: located,
    revocations: revocations.map(at),
    identity,
  };
}

function anchorsConfig(written: NonNullable<WrittenConfig['anchors']>, at: At): AnchorsConfig {
  const own = written.kind === 'vendor' ? {} : written;
  const files = (name: 'intel' | 'amd' | 'nvidia' | 'nvidiaManifests') =>
    ((own as { readonly [name: string]: readonly string[] | undefined })[name] ?? []).map(at);
  return {
    kind: written.kind,
    intel: files('intel'),
    amd: files('amd'),
    nvidia: files('nvidia'),
    nvidiaManifests: files('nvidiaManifests'),
  };
}

function endorsementsConfig(
  written: WrittenConfig['endorsements'] = {},
  at: At,
): EndorsementsConfig {
  const { rimServiceKey } = written;
  return {
    folder: at(written.folder ?? DEFAULTS.endorsements.folder),
    access: written.offline === true ? 'offline' : 'online',
    update: written.update ?? DEFAULTS.endorsements.update,
    pccs: written.pccs,
    kds: written.kds,
    rimService: written.rimService,
    rimServiceKey: rimServiceKey === undefined ? undefined : at(rimServiceKey),
    ocspService: written.ocspService,
  };
}

function timesConfig(written: WrittenConfig['times'] = {}): TimesConfig {
  const all = { ...DEFAULTS.times, ...written };
  return {
    challengeTtl: durationMs(all.challengeTtl),
    resultTtl: durationMs(all.resultTtl),
    override: durationMs(all.override),
    challengeKey: durationMs(all.challengeKey),
    clockSkew: durationMs(all.clockSkew),
    retry: durationMs(all.retry),
    retryMost: durationMs(all.retryMost),
  };
}

function callsConfig(written: WrittenConfig['calls'] = {}): GatewayConfig['calls'] {
  const { endpoints, deadline } = { ...DEFAULTS.calls, ...written };
  return { endpoints, deadline: durationMs(deadline) };
}

function limitsConfig(written: WrittenConfig['limits'] = {}): LimitsConfig {
  const { bundle, bodies, rates, ...counts } = { ...DEFAULTS.limits, ...written };
  return {
    ...counts,
    bundle: sizeBytes(bundle),
    bodies: sizeBytes(bodies),
    rates: { ...DEFAULTS.limits.rates, ...rates },
  };
}

function retentionConfig(written: WrittenConfig['retention'] = {}): GatewayConfig['retention'] {
  const { records, events, usage } = { ...DEFAULTS.retention, ...written };
  return {
    records: records === 'keep' ? undefined : durationMs(records),
    events: durationMs(events),
    usage: usage === 'keep' ? undefined : durationMs(usage),
  };
}
