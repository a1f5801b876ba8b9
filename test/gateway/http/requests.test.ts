import { describe, expect, it } from 'vitest';
import { fromHex } from '../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { Fault } from '../../../src/core/fault.ts';
import { NODE, NOW, node, policy } from '../../support/fake-fleet.ts';
import { ask, gatewayBed, SAMPLES, type Sample, sampleOf } from '../../support/gateway-bed.ts';

const ADMIN = { kind: 'credential', id: '0011223344556677', name: 'admin', role: 'admin' };
const KEY = { algorithm: 'ed25519', publicKey: '11'.repeat(32) };
const NONCE = new Uint8Array(32).fill(0x5a);
const REASON = 'fan 3 is on fire';

describe('what the fleet is asked', () => {
  it.each([
    ['POST', '/v1/challenges', [KEY]],
    [
      'POST',
      '/v1/nodes',
      [
        {
          name: 'rack 4, lower',
          key: KEY,
          pool: 'h100',
          endpoint: 'https://10.0.0.4:8443',
          inventory: { cpu: 'tdx', gpus: 8, switches: 4 },
          nonce: NONCE,
          signature: new Uint8Array(64).fill(0x6b),
        },
        ADMIN,
      ],
    ],
    ['GET', '/v1/nodes', [{ pool: 'h100', state: 'admitted' }, undefined, 1]],
    ['GET', '/v1/nodes/{node}', [NODE]],
    ['DELETE', '/v1/nodes/{node}', [NODE, ADMIN, REASON]],
    ['POST', '/v1/nodes/{node}/challenges', [NODE]],
    ['POST', '/v1/nodes/{node}/attestations', [NODE, { nonce: NONCE, bundle: utf8('{"v":1}') }]],
    ['POST', '/v1/nodes/{node}/call', [NODE]],
    [
      'POST',
      '/v1/nodes/{node}/quarantine',
      [NODE, ADMIN, REASON, Date.parse('2026-03-02T00:00:00Z')],
    ],
    ['POST', '/v1/nodes/{node}/release', [NODE, ADMIN, REASON]],
    ['POST', '/v1/nodes/{node}/revoke', [NODE, ADMIN, REASON]],
    [
      'POST',
      '/v1/nodes/{node}/override',
      [NODE, ADMIN, REASON, Date.parse('2026-03-01T13:00:00.250Z')],
    ],
    ['GET', '/v1/decisions/{decision}', ['fe'.repeat(16)]],
    ['GET', '/v1/decisions/{decision}/export', ['fe'.repeat(16)]],
    ['GET', '/v1/decisions/{decision}/proof', ['fe'.repeat(16)]],
    ['GET', '/v1/pools', []],
    ['PUT', '/v1/pools/{pool}/policy', ['h100', ADMIN, policy.file, policy.revocations]],
    ['GET', '/v1/misbehaviour', [3, 10]],
    [
      'POST',
      '/v1/verify',
      [{ evidence: Uint8Array.of(1, 2, 3), pool: 'h100', nonce: NONCE, purpose: 'client' }],
    ],
  ])('%s %s', async (method, template, args) => {
    const bed = gatewayBed();
    const { statusCode } = await ask(bed, sampleOf(method, template));
    expect(statusCode).toBeLessThan(300);
    expect(bed.fleet.calls).toHaveLength(1);
    const [call] = bed.fleet.calls;
    expect(plain(call?.args)).toEqual(plain(args));
  });

  it('only what was said, where less was', async () => {
    const bed = gatewayBed();
    await ask(bed, { method: 'GET', url: '/v1/nodes' });
    await ask(bed, { ...sampleOf('POST', '/v1/verify'), url: '/v1/verify' }, 'anyone');
    await ask(bed, {
      ...sampleOf('POST', '/v1/nodes/{node}/quarantine'),
      body: JSON.stringify({ reason: REASON }),
    });
    expect(bed.fleet.calls.map(({ args }) => plain(args))).toEqual([
      [{}, undefined, 100],
      [{ evidence: [1, 2, 3] }],
      [NODE, ADMIN, REASON, undefined],
    ]);
  });
});

/** Bytes as numbers, so that a Buffer is what a Uint8Array is; objects without prototypes as others. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plain(part)]));
}

describe('what the fleet answers', () => {
  it('a node, as it stands', async () => {
    const answer = await ask(gatewayBed(), sampleOf('GET', '/v1/nodes/{node}'));
    expect(answer.json()).toEqual({
      id: NODE,
      name: 'rack 4, lower',
      key: KEY,
      pool: 'h100',
      endpoint: 'https://10.0.0.4:8443',
      declared: { cpu: 'tdx', gpus: 8, switches: 4 },
      enrolledAt: '2026-03-01T11:59:50Z',
      version: 3,
      standing: {
        state: 'admitted',
        since: '2026-03-01T11:59:55Z',
        admission: {
          id: '22'.repeat(16),
          decision: 'fedcba9876543210fedcba9876543210',
          until: '2026-03-01T12:05:00Z',
          evidenceAt: '2026-03-01T11:59:54.999Z',
          policy: `sha256:${'ab'.repeat(32)}`,
          referenceSet: 'r7',
        },
      },
      admittedNow: true,
      hardware: ['ppid:33'],
      failures: 0,
      last: {
        id: 'fedcba9876543210fedcba9876543210',
        at: '2026-03-01T11:59:55Z',
        verdict: 'accept',
        authentic: true,
        codes: [],
      },
    });
  });

  it('no longer admitted at the instant at which an admission ends', async () => {
    for (const [later, admittedNow] of [
      [299_999, true],
      [300_000, false],
    ] as const) {
      const bed = gatewayBed({ deps: { now: () => NOW + later } });
      const answer = await ask(bed, sampleOf('GET', '/v1/nodes/{node}'));
      expect(answer.json()).toMatchObject({ admittedNow, standing: { state: 'admitted' } });
    }
  });

  it('a page, and where to go on', async () => {
    const url = '/v1/nodes?limit=2';
    const ids = ['01', '02', '03'].map((byte) => byte.repeat(16));
    const nodes = ids.map((id) => ({ ...node, id }));
    const fleet = {
      nodes: async (_filter: unknown, after = '', count = 0) =>
        nodes.filter(({ id }) => id > after).slice(0, count),
    };
    const first = (await ask(gatewayBed({ fleet }), { method: 'GET', url })).json();
    expect(first.items.map(({ id }: { id: string }) => id)).toEqual(ids.slice(0, 2));
    expect(first.next).toBe(ids[1]);
    const second = await ask(gatewayBed({ fleet }), {
      method: 'GET',
      url: `${url}&after=${ids[1]}`,
    });
    expect(second.json()).toMatchObject({ items: [{ id: ids[2] }] });
    expect(second.json()).not.toHaveProperty('next');
  });

  it('files as they are', async () => {
    const bytes = Uint8Array.of(0, 0xff, 0x0d, 0x0a, 0x80);
    const bed = gatewayBed({
      fleet: { exportDecision: async () => bytes, decisionProof: async () => bytes },
    });
    for (const [what, type] of [
      ['export', 'application/vnd.postern.decision+json'],
      ['proof', 'text/plain; charset=utf-8'],
    ]) {
      const answer = await ask(bed, sampleOf('GET', `/v1/decisions/{decision}/${what}`));
      expect([new Uint8Array(answer.rawPayload), answer.headers['content-type']]).toEqual([
        bytes,
        type,
      ]);
    }
  });

  it('where what was made is to be found', async () => {
    const answer = await ask(gatewayBed(), sampleOf('POST', '/v1/nodes'));
    expect(answer.headers['location']).toBe(`/v1/nodes/${NODE}`);
  });
});

const json = { 'content-type': 'application/json' };
const enrol = JSON.parse(`${sampleOf('POST', '/v1/nodes').body}`);
const attest = sampleOf('POST', '/v1/nodes/{node}/attestations');
const override = sampleOf('POST', '/v1/nodes/{node}/override');
const changed = (members: object) => JSON.stringify({ ...enrol, ...members });

interface Wrong {
  readonly what: string;
  readonly ask: Partial<Sample> & Pick<Sample, 'url'>;
  readonly at: string;
  readonly status?: number;
}

const enrolling = (what: string, body: string | Uint8Array, at: string): Wrong => ({
  what,
  ask: { method: 'POST', url: '/v1/nodes', headers: json, body },
  at,
});
const getting = (what: string, url: string, at: string): Wrong => ({ what, ask: { url }, at });

const WRONG: readonly Wrong[] = [
  enrolling('no JSON', 'name=x', 'body'),
  enrolling('an empty text', ' ', 'body'),
  enrolling('JSON with a tail', `${changed({})}{}`, 'body'),
  enrolling('bytes that are no UTF-8', Uint8Array.of(0x22, 0xff, 0x22), 'body'),
  enrolling('a byte order mark', Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d), 'body'),
  enrolling('a list', '[]', 'body'),
  enrolling('null', 'null', 'body'),
  enrolling('a member twice', changed({}).replace('{', '{"name":"first",'), 'body'),
  enrolling('nesting without end', '['.repeat(10_000), 'body'),
  enrolling('a member too many', changed({ admin: true }), 'body'),
  enrolling('a prototype', changed({}).replace('{', '{"__proto__":{"role":"admin"},'), 'body'),
  enrolling('a constructor', changed({ constructor: { prototype: {} } }), 'body'),
  enrolling('a member missing', JSON.stringify({ ...enrol, nonce: undefined }), 'body.nonce'),
  enrolling('a number for a text', changed({ name: 7 }), 'body.name'),
  enrolling('a name with a line break', changed({ name: 'a\nb' }), 'body.name'),
  enrolling('a name that turns the text around', changed({ name: 'a\u202eb' }), 'body.name'),
  enrolling('a blank name', changed({ name: '  ' }), 'body.name'),
  enrolling('a name without end', changed({ name: 'a'.repeat(129) }), 'body.name'),
  enrolling('a pool that climbs', changed({ pool: '../keys' }), 'body.pool'),
  enrolling('a pool in capitals', changed({ pool: 'H100' }), 'body.pool'),
  enrolling(
    'a short key',
    changed({ key: { ...enrol.key, publicKey: '11' } }),
    'body.key.publicKey',
  ),
  enrolling(
    'a key in capitals',
    changed({ key: { ...enrol.key, publicKey: 'AA'.repeat(32) } }),
    'body.key.publicKey',
  ),
  enrolling(
    'a key of another kind',
    changed({ key: { ...enrol.key, algorithm: 'rsa' } }),
    'body.key.algorithm',
  ),
  enrolling('a short nonce', changed({ nonce: '5a'.repeat(31) }), 'body.nonce'),
  enrolling('a long signature', changed({ signature: '6b'.repeat(65) }), 'body.signature'),
  enrolling(
    'an address that is no web',
    changed({ endpoint: 'file:///etc/passwd' }),
    'body.endpoint',
  ),
  enrolling('an address with a space', changed({ endpoint: 'https://a b' }), 'body.endpoint'),
  enrolling(
    'half a GPU',
    changed({ inventory: { cpu: 'tdx', gpus: 0.5, switches: 0 } }),
    'body.inventory.gpus',
  ),
  enrolling(
    'fewer GPUs than none',
    changed({ inventory: { cpu: 'tdx', gpus: -1, switches: 0 } }),
    'body.inventory.gpus',
  ),
  getting('no id', '/v1/nodes/1', 'path.node'),
  getting('an empty id', '/v1/nodes/', 'path.node'),
  getting('an id in capitals', `/v1/nodes/${NODE.toUpperCase()}`, 'path.node'),
  getting('an id with a byte more', `/v1/nodes/${NODE}00`, 'path.node'),
  getting('no decision', '/v1/decisions/latest', 'path.decision'),
  getting('no name of a pool', '/v1/pools/-/policy', 'path.pool'),
  getting('an unknown member of the query', '/v1/nodes?pools=h100', 'query'),
  getting('a member of the query twice', '/v1/nodes?limit=1&limit=2', 'query'),
  getting('a member twice, once escaped', '/v1/nodes?limit=1&%6cimit=2', 'query'),
  getting('a member without value', '/v1/nodes?limit', 'query'),
  getting('an empty member', '/v1/nodes?limit=1&', 'query'),
  getting('a member without name', '/v1/nodes?=1', 'query'),
  getting('an escape that is none', '/v1/nodes?pool=%zz', 'query'),
  getting('an escape of half a letter', '/v1/nodes?pool=%c3', 'query'),
  getting('a prototype in the query', '/v1/nodes?__proto__=1', 'query'),
  getting('members without end', `/v1/nodes?${'a=1&'.repeat(17)}`, 'query'),
  getting('a limit of none', '/v1/nodes?limit=0', 'query.limit'),
  getting('a limit of all', '/v1/nodes?limit=1001', 'query.limit'),
  getting('a limit in words', '/v1/nodes?limit=ten', 'query.limit'),
  getting('a limit with a sign', '/v1/nodes?limit=%2B1', 'query.limit'),
  getting('a limit with a zero before it', '/v1/nodes?limit=01', 'query.limit'),
  getting('a limit as a power', '/v1/nodes?limit=1e2', 'query.limit'),
  getting('a state that there is not', '/v1/nodes?state=good', 'query.state'),
  getting('a query where there is none', '/v1/pools?all=1', 'query'),
  getting('an event before the first', '/v1/events?after=-1', 'query.after'),
  getting('an escape in the path', '/v1/%6eodes', 'path'),
  getting('an escape that is none in the path', '/v1/%zz', 'path'),
  { what: 'no reason', ask: { method: 'DELETE', url: `/v1/nodes/${NODE}` }, at: 'query.reason' },
  {
    what: 'a short reason',
    ask: { method: 'DELETE', url: `/v1/nodes/${NODE}?reason=x` },
    at: 'query.reason',
  },
  {
    what: 'no nonce',
    ask: { ...attest, headers: { 'content-type': 'application/vnd.postern.bundle+json' } },
    at: 'header.postern-nonce',
  },
  {
    what: 'half a nonce',
    ask: { ...attest, headers: { ...attest.headers, 'postern-nonce': '5a' } },
    at: 'header.postern-nonce',
  },
  {
    what: 'a time that there is not',
    ask: { ...override, body: JSON.stringify({ reason: REASON, until: '2026-02-30T00:00:00Z' }) },
    at: 'body.until',
  },
  {
    what: 'a time of somewhere',
    ask: {
      ...override,
      body: JSON.stringify({ reason: REASON, until: '2026-03-30T00:00:00+01:00' }),
    },
    at: 'body.until',
  },
  {
    what: 'an override without end',
    ask: { ...override, body: JSON.stringify({ reason: REASON }) },
    at: 'body.until',
  },
  {
    what: 'a policy that is no base64',
    ask: { ...sampleOf('PUT', '/v1/pools/{pool}/policy'), body: '{"file":"a_b"}' },
    at: 'body.file',
  },
  {
    what: 'base64 with bits left over',
    ask: { ...sampleOf('PUT', '/v1/pools/{pool}/policy'), body: '{"file":"YR=="}' },
    at: 'body.file',
  },
  {
    what: 'a body where there is none',
    ask: { method: 'POST', url: `/v1/nodes/${NODE}/call`, headers: json, body: '{}' },
    at: 'body',
  },
  {
    what: 'a body of a GET',
    ask: { method: 'GET', url: '/v1/pools', headers: json, body: '{}' },
    at: 'body',
  },
  {
    what: 'another type',
    ask: {
      method: 'POST',
      url: '/v1/nodes',
      headers: { 'content-type': 'text/plain' },
      body: changed({}),
    },
    at: 'header.content-type',
    status: 415,
  },
  {
    what: 'another charset',
    ask: {
      method: 'POST',
      url: '/v1/nodes',
      headers: { 'content-type': 'application/json; charset=utf-16' },
      body: changed({}),
    },
    at: 'header.content-type',
    status: 415,
  },
  {
    what: 'JSON as evidence',
    ask: { ...attest, headers: { ...attest.headers, 'content-type': 'application/json' } },
    at: 'header.content-type',
    status: 415,
  },
  {
    what: 'a type that is none',
    ask: { method: 'POST', url: '/v1/nodes', headers: { 'content-type': ';;' }, body: '{}' },
    at: 'header.content-type',
    status: 415,
  },
  {
    what: 'a body in a coat',
    ask: {
      method: 'POST',
      url: '/v1/nodes',
      headers: { ...json, 'content-encoding': 'gzip' },
      body: changed({}),
    },
    at: 'header.content-encoding',
    status: 415,
  },
];

describe('a request is refused for', () => {
  it.each(WRONG)('$what', async ({ ask: asked, at, status = 400 }) => {
    const bed = gatewayBed();
    const answer = await ask(bed, { method: 'GET', ...asked });
    expect(answer.json()).toMatchObject({ status, at, detail: expect.any(String) });
    expect(answer.statusCode).toBe(status);
    expect(bed.fleet.calls).toEqual([]);
    expect(({} as { role?: string }).role).toBeUndefined();
  });

  it.each([
    ['POST', '/v1/nodes', 'application/json; charset=utf-8'],
    ['POST', '/v1/nodes', 'Application/JSON;charset="UTF-8"'],
    ['POST', '/v1/verify', 'application/vnd.postern.bundle+json'],
  ])('and not for its type: %s %s %s', async (method, template, type) => {
    const sample = sampleOf(method, template);
    const answer = await ask(gatewayBed(), {
      ...sample,
      headers: { ...sample.headers, 'content-type': type },
    });
    expect(answer.statusCode).toBe(sample.status);
  });
});

describe('nothing is there', () => {
  it.each(['/', '/v1', '/v1/', '/v1/pools/', '//v1/nodes', '/V1/nodes', '/v2/nodes', '/.env'])(
    'at %s',
    async (url) => {
      const answer = await ask(gatewayBed(), { method: 'GET', url: `http://gate.example${url}` });
      expect([answer.statusCode, answer.json().type]).toEqual([404, 'urn:postern:problem:missing']);
    },
  );

  it.each([
    ['PATCH', '/v1/nodes', 'GET, POST'],
    ['DELETE', '/v1/nodes', 'GET, POST'],
    ['HEAD', '/v1/nodes', 'GET, POST'],
    ['HEAD', '/v1/events', 'GET'],
    ['OPTIONS', '/v1/pools', 'GET'],
    ['GET', '/v1/verify', 'POST'],
    ['POST', '/checkpoint', 'GET, HEAD, OPTIONS'],
    ['POST', '/tile/0/000', 'GET, HEAD, OPTIONS'],
    ['TRACE', '/v1/pools', 'GET'],
    ['PROPFIND', '/v1/pools', 'GET'],
  ])('by %s at %s', async (method, url, allow) => {
    const answer = await gatewayBed().app.inject({ method: method as 'GET', url });
    expect([answer.statusCode, answer.headers['allow']]).toEqual([405, allow]);
  });

  it('whatever version is asked for', async () => {
    const headers = { 'accept-version': '2.x', accept: 'text/html' };
    const answer = await ask(gatewayBed(), { method: 'GET', url: '/v1/pools', headers });
    expect(answer.statusCode).toBe(200);
  });
});

describe('what went wrong inside', () => {
  it.each(SAMPLES.filter(({ asks }) => asks))('stays there: $method $template', async (sample) => {
    const bug = Object.assign(new Error('/secret/path'), { statusCode: 200, code: 'SECRET' });
    const bed = gatewayBed({ fleet: { [`${sample.asks}`]: async () => Promise.reject(bug) } });
    const answer = await ask(bed, sample);
    expect([answer.statusCode, answer.json()]).toEqual([
      500,
      { type: 'urn:postern:problem:internal', title: 'Unexpected error', status: 500 },
    ]);
    expect(JSON.stringify(answer.headers)).not.toMatch(/secret/i);
    expect(bed.bugs).toEqual([bug]);
  });

  it.each([
    ['malformed', 400],
    ['usage', 400],
    ['missing', 404],
    ['conflict', 409],
    ['unsupported', 422],
  ] as const)('is told where it is the request: %s', async (code, status) => {
    const fleet = { node: async () => Promise.reject(new Fault(code, 'nodes[7]', 'so it is')) };
    const answer = await ask(gatewayBed({ fleet }), sampleOf('GET', '/v1/nodes/{node}'));
    expect(answer.json()).toMatchObject({
      type: `urn:postern:problem:${code}`,
      status,
      at: 'nodes[7]',
      detail: 'so it is',
    });
  });

  it('is told of what could not be reached to those who may see reasons', async () => {
    const down = new Fault('unreachable', 'https://kds.example', 'HTTP 503');
    const bed = gatewayBed({ fleet: { node: async () => Promise.reject(down) } });
    const sample = sampleOf('GET', '/v1/nodes/{node}');
    const [admin, validator] = [await ask(bed, sample), await ask(bed, sample, 'validator')];
    expect(admin.json()).toMatchObject({ status: 503, at: 'https://kds.example' });
    expect(validator.json()).toEqual({
      type: 'urn:postern:problem:unreachable',
      title: 'What the answer needs could not be reached',
      status: 503,
    });
    expect(validator.headers['retry-after']).toBe('30');
  });

  it('a promise that throws no error at all', async () => {
    const bed = gatewayBed({ fleet: { node: async () => Promise.reject('secret') } });
    const answer = await ask(bed, sampleOf('GET', '/v1/nodes/{node}'));
    expect([answer.statusCode, answer.body.includes('secret')]).toEqual([500, false]);
  });
});

describe('every answer', () => {
  it.each([
    ['a good one', '/v1/pools', 200],
    ['a refusal', '/v1/nodes/1', 400],
    ['nothing', '/nothing', 404],
    ['a path that is none', '/%', 400],
    ['a part without end', `/v1/nodes/${'a'.repeat(129)}`, 414],
  ])('%s says how it may be used', async (_what, url, status) => {
    const { app } = gatewayBed();
    const answer = await app.inject({
      url,
      headers: { authorization: 'Bearer admin', origin: 'https://evil.example' },
    });
    expect(answer.statusCode).toBe(status);
    expect(answer.headers).toMatchObject({
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'postern-request-id': expect.stringMatching(/^[0-9a-f]{16}$/),
    });
    for (const name of Object.keys(answer.headers)) {
      expect(name).not.toMatch(/^(access-control|server|x-powered-by|strict-transport)/);
    }
  });

  it('of the ledger may be kept as the ledger says', async () => {
    const answer = await ask(gatewayBed(), sampleOf('GET', '/tile/{path}'), 'anyone');
    expect(answer.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    const gone = await ask(gatewayBed(), { method: 'GET', url: '/tile/0/001' }, 'anyone');
    expect([gone.statusCode, gone.headers['cache-control']]).toEqual([404, 'no-store']);
  });

  it('of a challenge has all that it needs', async () => {
    const answer = await ask(gatewayBed(), sampleOf('POST', '/v1/challenges'), 'anyone');
    expect(answer.json()).toEqual({
      nonce: '07'.repeat(32),
      purpose: 'admission:https://gate.example',
      expiresAt: '2026-03-01T12:01:00Z',
    });
    expect(fromHex(answer.json().nonce, 'nonce')).toHaveLength(32);
  });
});
