import { utf8 } from '../../src/core/bytes/text.ts';
import { Fault } from '../../src/core/fault.ts';
import type { BrokerService } from '../../src/gateway/broker/service.ts';
import type { CertificateService } from '../../src/gateway/certificates/service.ts';
import type { FleetService } from '../../src/gateway/fleet/service.ts';
import { createGateway, type GatewayDeps } from '../../src/gateway/http/gateway.ts';
import type { Identity, RequestFacts } from '../../src/gateway/http/identity.ts';
import { LIMITS, type LimitKey, type Limits } from '../../src/gateway/http/limits.ts';
import { createLog } from '../../src/gateway/http/log.ts';
import { createMetrics } from '../../src/gateway/http/metrics.ts';
import type { Principal, Role } from '../../src/gateway/identity/credential.ts';
import type { Operation, Subject } from '../../src/gateway/operation.ts';
import { fakeBroker, SESSION } from './fake-broker.ts';
import { CERTIFICATE, fakeCertificates } from './fake-certificates.ts';
import { type FakeFleet, fakeFleet, NODE, NOW } from './fake-fleet.ts';

/** `Bearer admin` is an admin, `Bearer node:<id>` a node; `Bearer wrong` holds for nobody. */
export class FakeIdentity implements Identity {
  readonly facts: RequestFacts[] = [];
  readonly asked: {
    readonly principal: Principal;
    readonly operation: Operation;
    readonly subject: Subject | undefined;
  }[] = [];

  async authenticate(facts: RequestFacts): Promise<Principal> {
    this.facts.push(facts);
    const [, word = ''] =
      facts.headers.find(([name]) => name.toLowerCase() === 'authorization') ?? [];
    const who = word.replace('Bearer ', '');
    if (who === 'wrong') throw new Fault('malformed', 'header.authorization', 'no such key');
    if (who === 'broken') throw new Fault('unreachable', 'postgres://secret', 'is down');
    if (who.startsWith('node:')) return { kind: 'node', id: who.slice(5) };
    return { kind: 'credential', id: '0011223344556677', name: who, role: who as Role };
  }

  mayDo(principal: Principal, operation: Operation, subject?: Subject): boolean {
    this.asked.push({ principal, operation, subject });
    return mayDo(principal, operation, subject);
  }
}

const OPEN = new Set<Operation>([
  'health.read',
  'metrics.read',
  'description.read',
  'keys.read',
  'ledger.read',
  'model.list',
  'evidence.verify',
  'enrolment.challenge',
  'certificate.authorities',
  'certificate.prove',
]);
const OF_NODES = new Set<Operation>([
  'node.read',
  'node.challenge',
  'node.attest',
  'certificate.issue',
  'usage.add',
]);

function mayDo(principal: Principal, operation: Operation, subject?: Subject): boolean {
  if (OPEN.has(operation)) return true;
  if (principal.kind === 'anyone') return false;
  if (principal.kind === 'node') {
    return subject?.node === principal.id && OF_NODES.has(operation);
  }
  const { role } = principal;
  if (role === 'admin') return operation !== 'usage.add' && operation !== 'certificate.issue';
  if (role === 'node') return operation === 'node.enrol' && subject?.pool === 'h100';
  const read = operation.endsWith('.read') || operation === 'node.list';
  if (role === 'validator') {
    return operation === 'events.follow' || (read && operation !== 'reasons.read');
  }
  return role === 'auditor' && (read || operation.startsWith('decision.'));
}

export interface BedOptions {
  readonly fleet?: Partial<FleetService>;
  readonly broker?: Partial<BrokerService>;
  readonly certificates?: Partial<CertificateService>;
  readonly limits?: Partial<Limits>;
  readonly limit?: GatewayDeps['limit'];
  readonly identity?: Identity;
  readonly deps?: Partial<GatewayDeps>;
  readonly addresses?: 'written' | 'left-out';
}

/** A gateway over a fake fleet, and all that it said. */
export function gatewayBed(options: BedOptions = {}) {
  const fleet: FakeFleet = fakeFleet(options.fleet);
  const lines: string[] = [];
  const bugs: unknown[] = [];
  const counted: LimitKey[] = [];
  const identity = options.identity ?? new FakeIdentity();
  const metrics = createMetrics();
  let ids = 0;
  const app = createGateway({
    fleet,
    broker: fakeBroker(options.broker),
    certificates: fakeCertificates(options.certificates),
    identity,
    readLog: async (name) =>
      name === 'checkpoint' || name === 'tile/0/000' ? utf8(name) : undefined,
    keys: () => ({ keys: [{ kty: 'EC', crv: 'P-256', kid: 'k1', x: 'x', y: 'y' }] }),
    limit: (key, now) => {
      counted.push(key);
      return options.limit?.(key, now);
    },
    metrics,
    log: createLog({
      destination: { write: (line) => void lines.push(line) },
      level: 'debug',
      addresses: options.addresses ?? 'left-out',
      now: () => NOW,
    }),
    now: () => NOW,
    randomBytes: (length) => new Uint8Array(length).fill(ids++),
    version: '0.0.0-test',
    limits: { ...LIMITS, ...options.limits },
    onBug: (error) => void bugs.push(error),
    ...options.deps,
  });
  return { app, fleet, identity, lines, bugs, counted, metrics };
}

export type Bed = ReturnType<typeof gatewayBed>;

export interface Sample {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** As in the description. */
  readonly template: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly status: number;
  /** Who may ask it; left out: an admin. */
  readonly as?: string;
  /** What it asks of the fleet, if anything. */
  readonly asks?: string;
}

export const JSON_HEADERS = { 'content-type': 'application/json' };
export const BUNDLE_HEADERS = {
  'content-type': 'application/vnd.postern.bundle+json',
  'postern-nonce': '5a'.repeat(32),
};
const KEY = { algorithm: 'ed25519', publicKey: '11'.repeat(32) };
const REASON = 'fan 3 is on fire';
const text = JSON.stringify;
const nodes = `/v1/nodes/${NODE}`;

/** A good request to each route. */
export const SAMPLES: readonly Sample[] = [
  get('/health/live'),
  get('/health/ready', 'readiness'),
  get('/metrics'),
  get('/openapi.json'),
  get('/.well-known/jwks.json'),
  get('/checkpoint'),
  { ...get('/checkpoint'), method: 'HEAD' },
  { ...get('/tile/{path}'), url: '/tile/0/000' },
  { ...get('/tile/{path}'), url: '/tile/0/000', method: 'HEAD' },
  {
    ...post('/v1/verify', 'verify'),
    url: `/v1/verify?pool=h100&nonce=${'5a'.repeat(32)}&purpose=client`,
    headers: { 'content-type': 'application/octet-stream' },
    body: Uint8Array.of(1, 2, 3),
  },
  { ...post('/v1/challenges', 'enrolmentChallenge'), body: text({ key: KEY }) },
  {
    ...post('/v1/nodes', 'enrol'),
    body: text({
      name: 'rack 4, lower',
      key: KEY,
      pool: 'h100',
      endpoint: 'https://10.0.0.4:8443',
      inventory: { cpu: 'tdx', gpus: 8, switches: 4 },
      nonce: '5a'.repeat(32),
      signature: '6b'.repeat(64),
    }),
    status: 201,
  },
  { ...get('/v1/nodes', 'nodes'), url: '/v1/nodes?pool=h100&state=admitted&limit=1' },
  { ...get('/v1/nodes/{node}', 'node'), url: nodes },
  { ...post('/v1/nodes/{node}/challenges', 'challenge'), url: `${nodes}/challenges`, headers: {} },
  {
    ...post('/v1/nodes/{node}/attestations', 'attest'),
    url: `${nodes}/attestations`,
    headers: BUNDLE_HEADERS,
    body: '{"v":1}',
  },
  { ...post('/v1/nodes/{node}/call', 'call'), url: `${nodes}/call`, headers: {} },
  {
    ...post('/v1/nodes/{node}/quarantine', 'quarantine'),
    url: `${nodes}/quarantine`,
    body: text({ reason: REASON, until: '2026-03-02T00:00:00Z' }),
  },
  {
    ...post('/v1/nodes/{node}/release', 'release'),
    url: `${nodes}/release`,
    body: text({ reason: REASON }),
  },
  {
    ...post('/v1/nodes/{node}/revoke', 'revoke'),
    url: `${nodes}/revoke`,
    body: text({ reason: REASON }),
  },
  {
    ...post('/v1/nodes/{node}/override', 'override'),
    url: `${nodes}/override`,
    body: text({ reason: REASON, until: '2026-03-01T13:00:00.250Z' }),
  },
  {
    ...get('/v1/nodes/{node}', 'remove'),
    method: 'DELETE',
    url: `${nodes}?reason=${encodeURIComponent(REASON)}`,
    status: 204,
  },
  {
    ...get('/v1/nodes/{node}/certificates'),
    method: 'POST',
    url: `${nodes}/certificates`,
    headers: JSON_HEADERS,
    body: text({ use: 'ssh-host', key: 'AQID', names: ['node-1.h100.fleet.example'] }),
    status: 201,
    as: `node:${NODE}`,
  },
  get('/v1/certificate-authorities'),
  {
    ...get('/v1/certificates/{certificate}/proof'),
    url: `/v1/certificates/${CERTIFICATE}/proof`,
  },
  { ...get('/v1/decisions/{decision}', 'decision'), url: `/v1/decisions/${'fe'.repeat(16)}` },
  {
    ...get('/v1/decisions/{decision}/export', 'exportDecision'),
    url: `/v1/decisions/${'fe'.repeat(16)}/export`,
  },
  {
    ...get('/v1/decisions/{decision}/proof', 'decisionProof'),
    url: `/v1/decisions/${'fe'.repeat(16)}/proof`,
  },
  get('/v1/pools', 'policies'),
  { ...get('/v1/pools/{pool}/policy', 'policies'), url: '/v1/pools/h100/policy' },
  {
    ...post('/v1/pools/{pool}/policy', 'activatePolicy'),
    method: 'PUT',
    url: '/v1/pools/h100/policy',
    body: text({ file: 'bmFtZTogaDEwMAo=', revocations: ['e30='] }),
  },
  { ...get('/v1/misbehaviour', 'misbehaviour'), url: '/v1/misbehaviour?after=3&limit=10' },
  get('/v1/events', 'lastEvent'),
  get('/v1/models'),
  { ...get('/v1/candidates'), url: '/v1/candidates?model=some-model&region=eu&count=2' },
  {
    ...get('/v1/nodes/{node}/evidence'),
    method: 'POST',
    url: `${nodes}/evidence`,
    headers: JSON_HEADERS,
    body: text({ nonce: '5a'.repeat(32), purpose: 'client' }),
  },
  { ...get('/v1/nodes/{node}/epoch'), url: `${nodes}/epoch` },
  {
    ...get('/ohttp/{pool}/{node}'),
    method: 'POST',
    url: `/ohttp/h100/${NODE}`,
    headers: { 'content-type': 'message/ohttp-chunked-req', 'postern-model': 'some-model' },
    body: Uint8Array.of(1, 2, 3),
  },
  {
    ...get('/ohttp/{pool}/{node}/{session}'),
    url: `/ohttp/h100/${NODE}/${SESSION}?chunk=3`,
  },
  {
    ...get('/ohttp/{pool}/{node}/{session}'),
    method: 'DELETE',
    url: `/ohttp/h100/${NODE}/${SESSION}`,
    status: 204,
  },
  { ...get('/v1/usage'), url: '/v1/usage?after=3&limit=1' },
  {
    ...get('/v1/usage'),
    method: 'POST',
    headers: JSON_HEADERS,
    body: text({ usage: [`e30.${'e'.repeat(99)}.c2ln`] }),
    as: `node:${NODE}`,
  },
];

function get(template: string, asks?: string): Sample {
  return { method: 'GET', template, url: template, status: 200, ...(asks && { asks }) };
}

function post(template: string, asks: string): Sample {
  return { ...get(template, asks), method: 'POST', headers: JSON_HEADERS };
}

export function sampleOf(method: string, template: string): Sample {
  const found = SAMPLES.find((one) => one.method === method && one.template === template);
  if (!found) throw new Error(`no sample for ${method} ${template}`);
  return found;
}

/** Asks it as somebody; `anyone` shows nothing. */
export function ask(
  { app }: Pick<Bed, 'app'>,
  sample: Pick<Sample, 'method' | 'url' | 'headers' | 'body' | 'as'>,
  as: string = sample.as ?? 'admin',
) {
  const { method, url, headers, body } = sample;
  return app.inject({
    method,
    url,
    headers: { ...headers, ...(as !== 'anyone' && { authorization: `Bearer ${as}` }) },
    ...(body !== undefined && { payload: typeof body === 'string' ? body : Buffer.from(body) }),
  });
}
