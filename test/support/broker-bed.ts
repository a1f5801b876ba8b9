import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { Broker } from '../../src/gateway/broker/broker.ts';
import type {
  BrokerDeps,
  BrokerLimits,
  ProvenLeaf,
  ServingNode,
} from '../../src/gateway/broker/deps.ts';
import { createGateway, type Gateway } from '../../src/gateway/http/gateway.ts';
import type { Identity } from '../../src/gateway/http/identity.ts';
import { LIMITS, type Limits } from '../../src/gateway/http/limits.ts';
import { createLog } from '../../src/gateway/http/log.ts';
import { createMetrics } from '../../src/gateway/http/metrics.ts';
import { listenOn } from '../../src/gateway/http/server.ts';
import type { KeyQuotas, Role } from '../../src/gateway/identity/credential.ts';
import { mayDo } from '../../src/gateway/identity/permissions.ts';
import type { GatewayStore } from '../../src/store/gateway-store.ts';
import { bodyOf, type FakeAgent } from './fake-agent.ts';
import { fakeCertificates } from './fake-certificates.ts';
import { fakeFleet } from './fake-fleet.ts';
import { hexOf } from './fleet.ts';
import { SQLITE } from './store-beds.ts';

export const POOL = 'h100';
const HOUR = 3_600_000;

const USUAL: BrokerLimits = {
  streams: 100,
  each: { requests: 1000, streams: 50, tokens: undefined, evidence: 100 },
  nodeEvidence: 100,
  request: 1024 * 1024,
  deadline: HOUR,
  idle: HOUR,
  resume: { keep: 60_000, wait: 60_000, each: 1024 * 1024, all: 8 * 1024 * 1024 },
  epoch: 60_000,
  retryAfter: 2000,
};

/** `Bearer <role>` or `Bearer <role>:<name>`; `Bearer node:<id>` is a node. */
const identityWith = (quotas: Readonly<Record<string, KeyQuotas>>): Identity => ({
  authenticate: async ({ headers }) => {
    const [, word = ''] = headers.find(([name]) => name.toLowerCase() === 'authorization') ?? [];
    const [role = '', name = 'one'] = word.replace('Bearer ', '').split(':');
    if (role === 'node') return { kind: 'node', id: name };
    const id = Buffer.from(name.padEnd(8, '.')).toString('hex').slice(0, 16);
    const own = quotas[name];
    return { kind: 'credential', id, name, role: role as Role, ...(own && { quotas: own }) };
  },
  mayDo,
});

export interface BrokerBedOptions {
  readonly limits?: Partial<BrokerLimits>;
  readonly pools?: BrokerDeps['pools'];
  readonly deps?: Partial<BrokerDeps>;
  readonly http?: Partial<Limits>;
  /** Of keys by name; of others those of `limits`. */
  readonly quotas?: Readonly<Record<string, KeyQuotas>>;
}

/** A gateway on loopback whose broker is real and whose fleet is what a test says. */
export async function brokerBed(options: BrokerBedOptions = {}) {
  const bed = await SQLITE.make();
  const store = await bed.open();
  const nodes = new Map<string, ServingNode>();
  const keysets = new Map<string, Uint8Array>();
  const contradictions: (readonly [string, string])[] = [];
  const listeners = new Set<(nodes: readonly string[] | 'all') => void>();
  const lines: string[] = [];
  const failures: unknown[] = [];
  /** Time goes on by `now`; what clocks show is behind it where they were set back. */
  const clock = { now: Date.now(), setBack: 0 };
  const now = () => clock.now - clock.setBack;
  const metrics = createMetrics();
  const leaf: ProvenLeaf = { entry: Uint8Array.of(1), proof: Uint8Array.of(2) };
  const deps: BrokerDeps = {
    store,
    nodes: {
      all: async () => [...nodes.values()],
      one: async (id) => nodes.get(id),
      follow: async (onChange) => {
        listeners.add(onChange);
        return () => void listeners.delete(onChange);
      },
      keyset: async (node, sha384) => keysets.get(`${node} ${sha384}`),
      admission: async ({ decision, until }) => ({ decision, until, leaves: [leaf] }),
      contradicted: async (_node, statements) => void contradictions.push(statements),
    },
    pools: options.pools ?? [{ name: POOL, models: ['some-model'], region: 'eu' }],
    callEvidence: async () => Buffer.from('{"v":1}'),
    endorse: async (bundle) => bundle,
    endpoints: 'private-too',
    accountKey: new Uint8Array(32).fill(7),
    ledger: 'log.example',
    now,
    elapsed: () => clock.now,
    random: Math.random,
    limits: { ...USUAL, ...options.limits },
    observe: { ...metrics.broker, failed: (error) => failures.push(error) },
    ...options.deps,
  };
  const broker = await Broker.open(deps);
  const app: Gateway = createGateway({
    fleet: fakeFleet(),
    broker,
    certificates: fakeCertificates(),
    identity: identityWith(options.quotas ?? {}),
    readLog: async () => undefined,
    keys: () => ({ keys: [] }),
    limit: () => undefined,
    metrics,
    log: createLog({
      destination: { write: (line) => void lines.push(line) },
      level: 'debug',
      addresses: 'left-out',
      now,
    }),
    now,
    randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
    version: '0',
    limits: { ...LIMITS, closeWithin: 5000, ...options.http },
    onBug: (error) => failures.push(error),
  });
  const url = await listenOn(app, '127.0.0.1', 0);
  return {
    ...{ app, broker, store: store as GatewayStore, url, nodes, clock, lines, failures, metrics },
    contradictions,
    file: bed.place,
    /** Lets a node in, or changes how it stands. */
    admit(
      agent: Pick<FakeAgent, 'endpoint' | 'keyset' | 'keysetSha384'>,
      more: Partial<ServingNode> = {},
    ): string {
      const id = more.id ?? hexOf(nodes.size + 1, 16);
      const { endpoint, keysetSha384: keyset } = agent;
      const admission = { admission: hexOf(1, 16), decision: hexOf(2, 16) };
      const until = clock.now + HOUR;
      nodes.set(id, {
        id,
        name: `node-${nodes.size + 1}`,
        pool: POOL,
        endpoint,
        since: nodes.get(id)?.since ?? clock.now,
        until,
        ...admission,
        keyset,
        ...more,
      });
      keysets.set(`${id} ${keyset}`, agent.keyset);
      for (const tell of listeners) tell([id]);
      return id;
    },
    putOut(id: string): void {
      nodes.delete(id);
      for (const tell of listeners) tell([id]);
    },
    async close(): Promise<void> {
      await app.close();
      await broker.close();
      metrics.close();
      await bed.close();
    },
  };
}

export type BrokerBed = Awaited<ReturnType<typeof brokerBed>>;

export interface Asked {
  readonly method?: string;
  readonly path: string;
  readonly as?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: Uint8Array;
}

/** A request whose answer is read by the test, as slowly as it likes. */
export function send({ url }: Pick<BrokerBed, 'url'>, asked: Asked) {
  const { method = 'POST', path, as = 'client', headers = {}, body } = asked;
  const request = httpRequest(`${url}${path}`, {
    method,
    agent: false,
    headers: {
      authorization: `Bearer ${as}`,
      ...(method === 'POST' && { 'content-type': 'message/ohttp-chunked-req' }),
      ...headers,
    },
  });
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve).once('error', reject);
  });
  response.catch(() => {});
  if (body !== undefined || method !== 'POST') request.end(body);
  return { request, response };
}

/** All of an answer; `broken` where it did not end as answers end. */
export async function take(bed: Pick<BrokerBed, 'url'>, asked: Asked) {
  const response = await send(bed, asked).response;
  const { statusCode: status, headers } = response;
  try {
    const body = await bodyOf(response);
    return { status, headers, body, trailers: response.trailers, broken: !response.complete };
  } catch {
    return { status, headers, body: Buffer.alloc(0), trailers: {}, broken: true };
  }
}

/** Waits for a condition, however loaded the machine is. */
export async function until(what: () => unknown): Promise<void> {
  for (let tries = 0; !(await what()); tries++) {
    if (tries > 3000) throw new Error('it never came to be');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
