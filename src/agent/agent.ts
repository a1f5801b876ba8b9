import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Fault } from '../core/fault.ts';
import { UsageFatesSchema } from '../protocol/session/usage.ts';
import { Attester } from './attesting/attester.ts';
import { FleetCertificates } from './certificates/fleet-certificates.ts';
import { type AgentConfig, type AgentSecrets, configDigest } from './config.ts';
import type { EvidenceSource } from './evidence/source.ts';
import { Calls } from './gateway/calls.ts';
import { askForCertificate } from './gateway/certificate.ts';
import { Epochs } from './gateway/epochs.ts';
import { jsonBody } from './gateway/gateway-client.ts';
import type { NodeSigner } from './gateway/proof.ts';
import { Standing } from './gateway/standing.ts';
import { UsageOutbox } from './gateway/usage-outbox.ts';
import { createAgentServer } from './http/agent-server.ts';
import { SealedRoute } from './http/sealed-route.ts';
import { Keeping } from './keeping.ts';
import { type KeyGeneration, makeGeneration } from './keys/key-generation.ts';
import { KeyRing } from './keys/key-ring.ts';
import { makeServerKeys, type ServerKeys } from './keys/server-keys.ts';
import { createLog, type Log } from './log.ts';
import { Metrics } from './metrics.ts';
import { Serving, servicesOf } from './serving.ts';
import { Allowed } from './session/allowed.ts';
import { Places } from './session/places.ts';
import type { Upstream } from './upstream/upstream.ts';

/** What an agent needs of the world. */
export interface AgentDeps {
  readonly evidence: EvidenceSource;
  readonly upstream: Upstream;
  /** The node's key; undefined where there is no gateway. */
  readonly signer: NodeSigner | undefined;
  readonly fetch: typeof globalThis.fetch;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Milliseconds since any instant, by a clock that nobody sets. */
  readonly elapsed: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
  readonly random: () => number;
  /** Resolves after so many milliseconds, or at once when the signal is aborted. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  /** A line of its log. */
  readonly write: (line: string) => void;
}

/** An agent that runs. */
export interface Agent {
  /** Where it listens. */
  readonly url: string;
  /** The port that TLS is listened for at, where it is. */
  readonly tlsPort: number | undefined;
  readonly metrics: Metrics;
  /** Keys of now, for whoever runs it in the same process. */
  readonly keyset: () => Uint8Array | undefined;
  /** Takes no more requests, lets sessions end, then cuts them off, and forgets its keys. */
  readonly close: () => Promise<void>;
}

/** The folder of the addresses of an agent: that of its endpoint, else `/v1/`. */
function basePath(config: AgentConfig): string {
  const { endpoint = null } = config.gateway ?? {};
  return endpoint === null ? '/v1/' : new URL('.', endpoint).pathname;
}

/** @throws Fault `unreachable` where it can't listen. */
export async function runAgent(
  config: AgentConfig,
  secrets: AgentSecrets,
  deps: AgentDeps,
): Promise<Agent> {
  const { now, pause, random } = deps;
  const log = createLog({ write: deps.write, level: config.logs.level, now });
  const metrics = new Metrics();
  const ring = new KeyRing(config.keys, deps);
  const serverKeys = makeServerKeys(config);
  const attester = new Attester({
    evidence: deps.evidence,
    waiting: config.limits.challenges,
    shown: serverKeys.shown,
  });
  const calls = new Calls(deps.fetch);
  const gateway = gatewayOf(config, secrets, deps, { calls, ring, attester, log, metrics });
  const { retry, retryMost } = config.gateway ?? { retry: 1000, retryMost: 60_000 };
  const outbox = new UsageOutbox({
    push: gateway && ((usage) => pushUsage(gateway.standing, usage)),
    pause,
    retry,
    retryMost,
    log,
    metrics,
  });
  const makeKeys = keyMaker(config, deps, serverKeys);
  const serving = await Serving.open({
    config,
    keys: serverKeys,
    attester,
    randomBytes: deps.randomBytes,
    log,
    metrics,
  });
  const certificates = gateway && certificatesOf(gateway, serving, deps, { log, metrics });
  const keeping = new Keeping({
    ring,
    makeKeys,
    prepare: (generation) => serving.prepare(generation),
    gateway,
    onAdmitted: () => certificates?.admitted(),
    now,
    random,
    pause,
    log,
    metrics,
  });
  const ending = new AbortController();
  const sealed = new SealedRoute({
    ring,
    places: new Places(config.keys, deps.elapsed),
    session: {
      rules: {
        allowed: new Allowed(config.allow),
        serves: config.serves,
        dateWindow: config.keys.dateWindow,
      },
      upstream: deps.upstream,
      bucket: config.padding.bucket,
      now,
      randomBytes: deps.randomBytes,
    },
    limits: config.limits,
    outbox,
    log,
    metrics,
    ending: ending.signal,
    onKeysWanted: keeping.wake,
  });
  const stopping = new AbortController();
  const server = createAgentServer({
    base: basePath(config),
    limits: config.limits,
    ring,
    attester,
    purposes: new Set([
      'client',
      ...serving.purposes,
      ...(gateway ? [`admission:${gateway.config.origin}`] : []),
    ]),
    serving,
    epoch: () => gateway?.epochs.last,
    sealed,
    log,
    metrics,
    elapsed: deps.elapsed,
    closing: () => stopping.signal.aborted,
  });
  const url = await listen(server, config.listen).catch(async (error: unknown) => {
    await serving.close();
    throw error;
  });
  log('info', 'agent listening');
  const within = async (done: Promise<unknown>) => {
    const waited = new AbortController();
    await Promise.race([done, pause(config.limits.closeWithin, waited.signal)]);
    waited.abort();
  };
  const duties = [keeping, outbox, ...(certificates ? [certificates] : [])].map((duty) =>
    duty.run(stopping.signal),
  );
  return {
    url,
    tlsPort: serving.tlsPort,
    metrics,
    keyset: () => ring.current?.keyset,
    close: async () => {
      log('info', 'agent closing');
      stopping.abort();
      calls.giveUp();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      await within(Promise.all([sealed.idle(), serving.stop()]));
      ending.abort();
      server.closeAllConnections();
      await Promise.all([sealed.idle(), closed, serving.close(), ...duties]);
      calls.again();
      const flushed = outbox.flush();
      await within(flushed);
      calls.giveUp();
      await flushed;
      ring.eraseAll();
      log('info', 'agent closed');
    },
  };
}

function gatewayOf(
  { gateway, machine, ssh, tls }: AgentConfig,
  { enrolmentKey }: AgentSecrets,
  { signer, now, randomBytes }: AgentDeps,
  {
    calls,
    ...parts
  }: {
    readonly calls: Calls;
    readonly ring: KeyRing;
    readonly attester: Attester;
    readonly log: ReturnType<typeof createLog>;
    readonly metrics: Metrics;
  },
) {
  if (gateway === null) return undefined;
  if (signer === undefined) throw new Fault('usage', 'gateway.nodeKey', 'there is none');
  const io = { fetch: calls.fetch, now, randomBytes };
  const services = servicesOf({ ssh, tls });
  const enrolled = { machine, services, enrolmentKey };
  const standing = new Standing({ io, gateway, signer, ...enrolled, ...parts });
  return { config: gateway, standing, epochs: new Epochs({ client: standing.client, ...parts }) };
}

/** Undefined where no key is to be certified. */
function certificatesOf(
  { config: { retry, retryMost }, standing }: NonNullable<ReturnType<typeof gatewayOf>>,
  serving: Serving,
  { now, random, pause }: AgentDeps,
  parts: { readonly log: Log; readonly metrics: Metrics },
): FleetCertificates | undefined {
  const keys = serving.toCertify;
  if (keys.length === 0) return undefined;
  return new FleetCertificates({
    keys,
    ask: async (key) => {
      const { node, client } = standing;
      if (node === undefined) throw new Fault('conflict', 'node', 'is not enrolled now');
      return askForCertificate(client, node, key);
    },
    install: (certificates) => serving.certify(certificates),
    ...{ retry, retryMost, now, random, pause, ...parts },
  });
}

async function pushUsage({ client }: Standing, usage: readonly string[]) {
  const ask = { method: 'POST', path: '/v1/usage', body: jsonBody({ usage }) } as const;
  return (await client.json(UsageFatesSchema, ask)).fates;
}

/** Key ids follow each other, so that no two in force are the same. */
function keyMaker(
  config: AgentConfig,
  { now, elapsed, randomBytes }: AgentDeps,
  { own: more }: ServerKeys,
): () => KeyGeneration {
  const agentConfigSha256 = configDigest(config);
  const { deployment, keys } = config;
  let [firstKeyId = 0] = randomBytes(1);
  return () => {
    const made = makeGeneration({
      deployment,
      agentConfigSha256,
      keys,
      firstKeyId,
      now: now(),
      elapsed: elapsed(),
      randomBytes,
      more,
    });
    firstKeyId = (firstKeyId + keys.suites.length) % 256;
    return made;
  };
}

async function listen(server: Server, { host, port }: AgentConfig['listen']): Promise<string> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port }, () => {
        server.off('error', reject);
        resolve();
      });
    });
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new Fault('unreachable', `${host}:${port}`, `can’t be listened on (${reason})`, {
      cause,
    });
  }
  const { address, port: got, family } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${got}`;
}
