import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { RateLimit } from '../../../src/gateway/identity/rate-limit.ts';
import {
  accepted,
  DECISION,
  NODE,
  NOW,
  node,
  rejected,
  undecided,
} from '../../support/fake-fleet.ts';
import {
  ask,
  FakeIdentity,
  gatewayBed,
  JSON_HEADERS,
  SAMPLES,
  type Sample,
  sampleOf,
} from '../../support/gateway-bed.ts';

const ROLES = [
  'anyone',
  'client',
  `node:${NODE}`,
  'node',
  'validator',
  'auditor',
  'admin',
] as const;

/** Who gets through, of {@link ROLES}, by the fake identity's table; the routes have none of their own. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  'POST /v1/nodes': ['node', 'admin'],
  'GET /v1/nodes': ['validator', 'auditor', 'admin'],
  'GET /v1/nodes/{node}': [`node:${NODE}`, 'validator', 'auditor', 'admin'],
  'POST /v1/nodes/{node}/challenges': [`node:${NODE}`, 'admin'],
  'POST /v1/nodes/{node}/attestations': [`node:${NODE}`, 'admin'],
  'POST /v1/nodes/{node}/certificates': [`node:${NODE}`],
  'GET /v1/decisions/{decision}': ['validator', 'auditor', 'admin'],
  'GET /v1/decisions/{decision}/export': ['auditor', 'admin'],
  'GET /v1/decisions/{decision}/proof': ['auditor', 'admin'],
  'GET /v1/pools': ['validator', 'auditor', 'admin'],
  'GET /v1/pools/{pool}/policy': ['validator', 'auditor', 'admin'],
  'GET /v1/misbehaviour': ['validator', 'auditor', 'admin'],
  'GET /v1/usage': ['validator', 'auditor', 'admin'],
  'POST /v1/usage': [`node:${NODE}`],
};
const OPEN =
  /^\/(health|metrics|openapi|\.well-known|checkpoint|tile|v1\/verify|v1\/challenges|v1\/models|v1\/certificate)/;

const finite = SAMPLES.filter(({ template }) => template !== '/v1/events');

describe('who may', () => {
  it.each(finite)('$method $template', async (sample) => {
    const { method, template, status, asks } = sample;
    const open = OPEN.test(template);
    const allowed = open ? ROLES : (ALLOWED[`${method} ${template}`] ?? ['admin']);
    for (const role of ROLES) {
      const bed = gatewayBed();
      const answer = await ask(bed, sample, role);
      const refused = role === 'anyone' ? 401 : 403;
      expect([role, answer.statusCode]).toEqual([role, allowed.includes(role) ? status : refused]);
      if (allowed.includes(role)) continue;
      expect(bed.fleet.calls).toEqual([]);
      expect(answer.json().type).toMatch(/:(unauthenticated|forbidden)$/);
      expect(answer.headers['www-authenticate']).toBe(
        role === 'anyone' ? 'Bearer realm="postern"' : undefined,
      );
    }
    expect(asks === undefined || !open || allowed.length === ROLES.length).toBe(true);
  });

  it('follows events: validators and admins', async () => {
    for (const role of ['anyone', 'client', 'node', `node:${NODE}`, 'auditor']) {
      const { statusCode } = await ask(gatewayBed(), sampleOf('GET', '/v1/events'), role);
      expect([role, statusCode]).toEqual([role, role === 'anyone' ? 401 : 403]);
    }
  });

  it.each(finite.filter(({ template }) => template.includes('{node}')))(
    'no node for another: $method $template',
    async (sample) => {
      const bed = gatewayBed();
      const answer = await ask(bed, sample, `node:${'ab'.repeat(16)}`);
      expect(answer.statusCode).toBe(403);
      expect(bed.fleet.calls).toEqual([]);
    },
  );

  it('looks at the pool that a body names, not at that of a path or a query', async () => {
    const bed = gatewayBed();
    const sample = sampleOf('POST', '/v1/nodes');
    const body = `${sample.body}`.replace('h100', 'b200');
    const answer = await ask(bed, { ...sample, body }, 'node');
    expect(answer.statusCode).toBe(403);
    expect(bed.fleet.calls).toEqual([]);
    const asked = (bed.identity as FakeIdentity).asked.filter(
      ({ operation }) => operation === 'node.enrol',
    );
    expect(asked.map(({ subject }) => subject)).toEqual([{ pool: 'b200' }]);
  });

  it('says no more of a node that is there than of one that is not', async () => {
    const answers = [NODE, 'ab'.repeat(16)].map(async (id) => {
      const { body } = await ask(gatewayBed(), { method: 'GET', url: `/v1/nodes/${id}` }, 'client');
      return body;
    });
    const [there, not] = await Promise.all(answers);
    expect(there).toBe(not);
  });
});

describe('who asks', () => {
  it('is found out from the request as it came', async () => {
    const bed = gatewayBed();
    const body = utf8(`${sampleOf('POST', '/v1/challenges').body}`);
    await bed.app.inject({
      method: 'POST',
      url: '/v1/challenges',
      headers: {
        ...JSON_HEADERS,
        Host: 'gate.example:8443',
        'X-Two': ['a', 'b'],
        authorization: 'Bearer admin',
      },
      payload: Buffer.from(body),
    });
    await ask(bed, { method: 'GET', url: `/v1/nodes?limit=2&pool=h%3100` });
    const { facts } = bed.identity as FakeIdentity;
    expect(facts[0]).toMatchObject({
      method: 'POST',
      authority: 'gate.example:8443',
      path: '/v1/challenges',
      query: undefined,
      body,
      now: NOW,
    });
    expect(facts[0]?.headers).toContainEqual(['authorization', 'Bearer admin']);
    expect(facts[1]).toMatchObject({ path: '/v1/nodes', query: 'limit=2&pool=h%3100' });
    expect(facts[1]?.body).toHaveLength(0);
  });

  it('is anyone who shows nothing: the identity is not asked', async () => {
    const bed = gatewayBed();
    await ask(bed, sampleOf('GET', '/v1/pools'), 'anyone');
    expect((bed.identity as FakeIdentity).facts).toEqual([]);
  });

  it('is told why a credential does not hold, also where anyone may', async () => {
    const answer = await ask(gatewayBed(), sampleOf('GET', '/health/live'), 'wrong');
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="postern"');
    expect(answer.json()).toEqual({
      type: 'urn:postern:problem:unauthenticated',
      title: 'Who asks was not shown',
      status: 401,
      at: 'header.authorization',
      detail: 'no such key',
    });
  });

  it('is not told what could not be reached', async () => {
    const answer = await ask(gatewayBed(), sampleOf('GET', '/v1/pools'), 'broken');
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toEqual({
      type: 'urn:postern:problem:unreachable',
      title: 'What the answer needs could not be reached',
      status: 503,
    });
  });
});

describe('rates', () => {
  it('are counted by address first, then by who it is', async () => {
    const bed = gatewayBed();
    await ask(bed, sampleOf('GET', '/v1/pools'), 'validator');
    await ask(bed, sampleOf('POST', '/v1/nodes/{node}/challenges'), `node:${NODE}`);
    await ask(bed, sampleOf('GET', '/health/live'), 'anyone');
    await ask(bed, { method: 'GET', url: '/wp-admin' }, 'anyone');
    const address = { by: 'address', name: '127.0.0.1' };
    expect(bed.counted).toEqual([
      { ...address, operation: 'pool.read' },
      { by: 'credential', name: '0011223344556677', operation: 'pool.read' },
      { ...address, operation: 'node.challenge' },
      { by: 'node', name: NODE, operation: 'node.challenge' },
      { ...address, operation: 'health.read' },
      { ...address, operation: 'none' },
    ]);
  });

  it('count as whom a trusted proxy says, and as nobody whom a stranger says', async () => {
    for (const [trustedProxies, name] of [
      [undefined, '127.0.0.1'],
      [['10.0.0.0/8'], '127.0.0.1'],
      [['127.0.0.1'], '203.0.113.9'],
    ] as const) {
      const bed = gatewayBed({ deps: trustedProxies ? { trustedProxies } : {} });
      await ask(bed, {
        method: 'GET',
        url: '/health/live',
        headers: { 'x-forwarded-for': '198.51.100.1, 203.0.113.9' },
      });
      expect(bed.counted[0]?.name).toBe(name);
    }
  });

  it('count all of an IPv6 network as one: each caller there has 2^64 addresses', async () => {
    const names: (string | undefined)[] = [];
    for (const address of ['2001:db8:1:2::1', '2001:db8:1:2:ffff::9', '2001:db8:1:3::1']) {
      const bed = gatewayBed({ deps: { trustedProxies: ['127.0.0.1'] } });
      const headers = { 'x-forwarded-for': address };
      await ask(bed, { method: 'GET', url: '/health/live', headers });
      names.push(bed.counted[0]?.name);
    }
    expect(names).toEqual(['2001:db8:1:2::/64', '2001:db8:1:2::/64', '2001:db8:1:3::/64']);
  });

  it('go on when somebody sets the clock back', async () => {
    const one = { burst: 1, perSecond: 1000 };
    const rate = new RateLimit({ each: one, all: one, mostKeys: 9 });
    const clock = { now: Date.now() };
    const bed = gatewayBed({
      limit: ({ name }, now) => {
        const answer = rate.take(name, now);
        return answer.allowed ? undefined : answer.retryAfter;
      },
      deps: { now: () => clock.now },
    });
    const statusOf = async () =>
      (await ask(bed, sampleOf('GET', '/health/live'), 'anyone')).statusCode;
    expect(await statusOf()).toBe(200);
    clock.now -= 3_600_000;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await statusOf()).toBe(200);
  });

  it.each([
    { by: 'address', before: 0 },
    { by: 'credential', before: 1 },
  ])('of a $by: too many are told when to come again', async ({ by, before }) => {
    const bed = gatewayBed({ limit: (key) => (key.by === by ? 2001 : undefined) });
    const answer = await ask(bed, sampleOf('GET', '/v1/pools'));
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([429, '3']);
    expect((bed.identity as FakeIdentity).facts).toHaveLength(before);
    expect(bed.fleet.calls).toEqual([]);
  });
});

/** As `client`, who may attest here and yet see no reasons. */
class Unseeing extends FakeIdentity {
  override mayDo(...[principal, operation, subject]: Parameters<FakeIdentity['mayDo']>): boolean {
    super.mayDo(principal, operation, subject);
    return operation !== 'reasons.read';
  }
}

describe('reasons', () => {
  const attest = sampleOf('POST', '/v1/nodes/{node}/attestations');
  const of = (answer: typeof accepted, identity = new FakeIdentity()) =>
    ask(gatewayBed({ identity, fleet: { attest: async () => answer } }), attest);

  it('of a rejection are told to those who may see them', async () => {
    expect((await of(rejected)).json()).toEqual({
      type: 'urn:postern:problem:attestation-rejected',
      title: 'The evidence was rejected',
      status: 403,
      decision: DECISION,
      code: 'tdx.quote.signature',
      reasons: rejected.reasons,
    });
  });

  it('are a code and the id of the decision to others', async () => {
    expect((await of(rejected, new Unseeing())).json()).toEqual({
      type: 'urn:postern:problem:attestation-rejected',
      title: 'The evidence was rejected',
      status: 403,
      decision: DECISION,
      code: 'tdx.quote.signature',
    });
    const open = await of(undecided, new Unseeing());
    expect(open.headers['retry-after']).toBe('91');
    expect(open.json()).toEqual({
      type: 'urn:postern:problem:attestation-indeterminate',
      title: 'The evidence could not be decided on',
      status: 503,
      decision: DECISION,
      code: 'tdx.tcb.info',
    });
    const good = (await of(accepted, new Unseeing())).json();
    expect(Object.keys(good).sort()).toEqual(
      ['authentic', 'decision', 'leaf', 'node', 'token', 'verdict'].sort(),
    );
  });

  it('go with the hardware, the address and the words of operators', async () => {
    const banned = {
      ...node,
      standing: {
        state: 'quarantined',
        since: NOW,
        until: NOW + 1,
        code: 'operator.quarantine',
        reason: 'it smells of smoke',
        by: '8899',
      },
    } as const;
    const [seen, kept] = await Promise.all(
      [new FakeIdentity(), new Unseeing()].map(async (identity) => {
        const bed = gatewayBed({ identity, fleet: { node: async () => banned } });
        return (await ask(bed, sampleOf('GET', '/v1/nodes/{node}'))).json();
      }),
    );
    expect(seen).toMatchObject({
      endpoint: node.endpoint,
      hardware: node.hardware,
      failures: 0,
      last: { codes: [] },
      standing: { reason: 'it smells of smoke', by: '8899' },
    });
    expect(JSON.stringify(kept)).not.toMatch(/endpoint|hardware|failures|codes|reason|by|10\.0/);
    expect(kept.standing).toEqual({
      state: 'quarantined',
      since: '2026-03-01T12:00:00Z',
      until: '2026-03-01T12:00:00.001Z',
      code: 'operator.quarantine',
    });
  });

  it('of a list are asked for of each of it', async () => {
    const other = { ...node, id: 'ab'.repeat(16), pool: 'b200' };
    class Half extends FakeIdentity {
      override mayDo(...[principal, operation, subject]: Parameters<FakeIdentity['mayDo']>) {
        if (operation === 'reasons.read') return subject?.node === NODE && subject.pool === 'h100';
        return super.mayDo(principal, operation, subject);
      }
    }
    const bed = gatewayBed({ identity: new Half(), fleet: { nodes: async () => [node, other] } });
    const sample: Sample = { ...sampleOf('GET', '/v1/nodes'), url: '/v1/nodes' };
    const { items } = (await ask(bed, sample)).json();
    expect(items.map((one: object) => 'hardware' in one)).toEqual([true, false]);
  });

  it('why it is not ready are inner ones, too', async () => {
    const parts = { store: { ok: false, says: 'postgres at 10.0.0.9 is down' } };
    const fleet = { readiness: async () => ({ ready: false, parts }) };
    const ready = sampleOf('GET', '/health/ready');
    const stranger = await ask(gatewayBed({ fleet }), ready, 'anyone');
    expect([stranger.statusCode, stranger.json()]).toEqual([
      503,
      { ready: false, parts: { store: { ok: false } } },
    ]);
    expect((await ask(gatewayBed({ fleet }), ready, 'admin')).json()).toEqual({
      ready: false,
      parts,
    });
  });
});
