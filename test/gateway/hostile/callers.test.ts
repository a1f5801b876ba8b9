import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NODE } from '../../support/fake-fleet.ts';
import { type Member, member } from '../../support/fleet-bed.ts';
import { BUNDLE_HEADERS, JSON_HEADERS, SAMPLES } from '../../support/gateway-bed.ts';
import {
  attestAt,
  bearer,
  type Call,
  type Came,
  call,
  callAs,
  enrolAt,
  type KeyOnly,
  keyOnly,
  signedBy,
} from '../../support/gateway-caller.ts';
import { type WholeGateway, wholeGateway } from '../../support/whole-gateway.ts';

let here: WholeGateway;
let honest: Member;
let other: KeyOnly;
let id = '';
let otherId = '';

beforeAll(async () => {
  honest = await member('honest', { endorsements: 'carried' });
  other = keyOnly();
  const more = 'limits: { rates: { address: 10000, node: 10000, credential: 10000 } }';
  here = await wholeGateway({ model: honest, more });
  id = await enrolAt(here, honest, 'honest');
  otherId = await enrolAt(here, other, 'other');
  expect((await attestAt(here, honest, id)).status).toBe(200);
}, 120_000);

afterAll(() => here.close());

const CALLERS = [
  'anyone',
  'client',
  'enroller',
  'itself',
  'other node',
  'validator',
  'auditor',
  'admin',
] as const;
type Caller = (typeof CALLERS)[number];

const EVERYBODY = CALLERS;
const WATCHERS: readonly Caller[] = ['validator', 'auditor', 'admin'];

/** Who is let through, by what the documentation says of each role; no route may be left out. */
const ALLOWED: Readonly<Record<string, readonly Caller[]>> = {
  'GET /health/live': EVERYBODY,
  'GET /health/ready': EVERYBODY,
  'GET /metrics': ['admin'],
  'GET /openapi.json': EVERYBODY,
  'GET /.well-known/jwks.json': EVERYBODY,
  'GET /checkpoint': EVERYBODY,
  'HEAD /checkpoint': EVERYBODY,
  'GET /tile/{path}': EVERYBODY,
  'HEAD /tile/{path}': EVERYBODY,
  'POST /v1/verify': ['client', ...WATCHERS],
  'POST /v1/challenges': ['enroller', 'admin'],
  'POST /v1/nodes': ['enroller', 'admin'],
  'GET /v1/nodes': WATCHERS,
  'GET /v1/nodes/{node}': ['itself', ...WATCHERS],
  'POST /v1/nodes/{node}/challenges': ['itself', 'admin'],
  'POST /v1/nodes/{node}/attestations': ['itself', 'admin'],
  'POST /v1/nodes/{node}/call': ['admin'],
  'POST /v1/nodes/{node}/quarantine': ['admin'],
  'POST /v1/nodes/{node}/release': ['admin'],
  'POST /v1/nodes/{node}/revoke': ['admin'],
  'POST /v1/nodes/{node}/override': ['admin'],
  'DELETE /v1/nodes/{node}': ['admin'],
  'POST /v1/nodes/{node}/certificates': ['itself'],
  'GET /v1/certificate-authorities': EVERYBODY,
  'GET /v1/certificates/{certificate}/proof': EVERYBODY,
  'GET /v1/decisions/{decision}': WATCHERS,
  'GET /v1/decisions/{decision}/export': ['auditor'],
  'GET /v1/decisions/{decision}/proof': WATCHERS,
  'GET /v1/pools': ['client', 'auditor', 'admin'],
  'GET /v1/pools/{pool}/policy': ['client', 'auditor', 'admin'],
  'PUT /v1/pools/{pool}/policy': ['admin'],
  'GET /v1/misbehaviour': WATCHERS,
  'GET /v1/events': WATCHERS,
  'GET /v1/models': EVERYBODY,
  'GET /v1/candidates': ['client'],
  'POST /v1/nodes/{node}/evidence': ['client'],
  'GET /v1/nodes/{node}/epoch': ['client'],
  'POST /ohttp/{pool}/{node}': ['client'],
  'GET /ohttp/{pool}/{node}/{session}': ['client'],
  'DELETE /ohttp/{pool}/{node}/{session}': ['client'],
  'GET /v1/usage': ['client', ...WATCHERS],
  'POST /v1/usage': ['itself', 'other node'],
};

/** Its body is passed on as it comes, and a signature that covers one can not be looked at. */
const UNREAD = 'POST /ohttp/{pool}/{node}';
const isNode = (caller: Caller) => caller === 'itself' || caller === 'other node';

/** What is wanted must not be done: what a request of somebody who may says is wrong in itself. */
const HARMLESS: Readonly<Record<string, Partial<Call>>> = {
  'POST /v1/nodes/{node}/quarantine': { body: '{"reason":"?"}' },
  'POST /v1/nodes/{node}/release': { body: '{"reason":"?"}' },
  'POST /v1/nodes/{node}/revoke': { body: '{"reason":"?"}' },
  'POST /v1/nodes/{node}/override': { body: '{"reason":"?"}' },
  'DELETE /v1/nodes/{node}': { path: '/v1/nodes/{node}?reason=x' },
  'GET /v1/events': { path: '/v1/events?after=999999999' },
};

async function asked(caller: Caller, request: Call): Promise<Came> {
  if (caller === 'itself') return callAs(honest, here, request);
  if (caller === 'other node') return callAs(other, here, request);
  if (caller === 'anyone') return call(here, request);
  const key = here.keys[caller === 'enroller' ? 'node' : caller];
  return call(here, { ...request, headers: { ...request.headers, ...bearer(key) } });
}

describe('who may, on every route', () => {
  it('of the description, none more and none less', async () => {
    const { paths } = (await call(here, { path: '/openapi.json' })).json() as {
      paths: Readonly<Record<string, object>>;
    };
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(routes.toSorted()).toEqual(Object.keys(ALLOWED).toSorted());
  });

  it.each(Object.keys(ALLOWED))('%s', async (route) => {
    const [method = '', template = ''] = route.split(' ');
    const sample = SAMPLES.find((one) => one.method === method && one.template === template);
    if (sample === undefined) throw new Error(`no sample of ${route}`);
    const { url, headers = {}, body } = sample;
    const about = (text: string) => text.replaceAll(NODE, id).replaceAll('{node}', id);
    const asEnrolled = typeof body === 'string' ? body.replaceAll('h100', 'tdx') : body;
    const request: Call = {
      path: url,
      headers,
      ...(asEnrolled && { body: asEnrolled }),
      ...HARMLESS[route],
      method,
    };
    for (const caller of CALLERS) {
      const came = await asked(caller, { ...request, path: about(request.path) });
      const isAllowed = ALLOWED[route]?.includes(caller);
      const isRefused = came.status === 401 || came.status === 403;
      expect([caller, came.status, isRefused]).toEqual([caller, came.status, !isAllowed]);
      if (isAllowed) continue;
      const isNobody = caller === 'anyone' || (route === UNREAD && isNode(caller));
      expect([caller, came.status]).toEqual([caller, isNobody ? 401 : 403]);
      expect(came.json()).not.toHaveProperty('reasons');
      expect(came.text).not.toContain(id);
    }
    expect(
      (await call(here, { path: `/v1/nodes/${id}`, headers: bearer(here.keys.admin) })).json(),
    ).toMatchObject({ standing: { state: 'admitted' } });
  });

  it('an enroller, into no pool but its own', async () => {
    const body = JSON.stringify({
      name: 'elsewhere',
      key: other.key,
      pool: 'another',
      inventory: other.inventory,
      nonce: '5a'.repeat(32),
      signature: '6b'.repeat(64),
    });
    const headers = { ...JSON_HEADERS, ...bearer(here.keys.node) };
    const came = await call(here, { method: 'POST', path: '/v1/nodes', headers, body });
    expect(came.status).toBe(403);
  });
});

describe('a signature is over one request, once, for this gateway and for now', () => {
  const read = (): Call => ({ method: 'GET', path: `/v1/nodes/${id}` });
  const sent = async (
    headers: Readonly<Record<string, string | readonly string[]>>,
    more: Partial<Call> = {},
  ) => call(here, { ...read(), ...more, headers: { ...more.headers, ...headers } });
  type Signed = Readonly<Record<string, string>>;
  const edit = (signed: Signed, name: string, from: string | RegExp, to: string): Signed => {
    const before = signed[name] ?? '';
    const after = before.replace(from, to);
    if (after === before) throw new Error(`${name} has no ${from}`);
    return { ...signed, [name]: after };
  };

  const oneLater = (signed: Signed): Signed => {
    const created = /created=\d+/.exec(signed['signature-input'] ?? '')?.[0] ?? '';
    return edit(signed, 'signature-input', created, `created=${Number(created.slice(8)) + 1}`);
  };

  const otherNonce = (signed: Signed): Signed => {
    const begun = /nonce="./.exec(signed['signature-input'] ?? '')?.[0] ?? '';
    return edit(signed, 'signature-input', begun, begun.endsWith('_') ? 'nonce="-' : 'nonce="_');
  };

  it('holds as it is', async () => {
    expect((await sent(await signedBy(honest, here, read()))).status).toBe(200);
  });

  it('not a second time, nor of many at once', async () => {
    const signed = await signedBy(honest, here, read());
    const all = await Promise.all(Array.from({ length: 8 }, () => sent(signed)));
    expect(all.map(({ status }) => status).toSorted()).toEqual([200, ...Array(7).fill(401)]);
    expect((await sent(signed)).status).toBe(401);
  });

  it.each<[string, (signed: Signed) => Partial<Call> | Signed]>([
    ['another path', () => ({ path: `/v1/nodes/${otherId}` })],
    ['a query more', () => ({ path: `/v1/nodes/${id}?limit=1` })],
    ['another method', () => ({ method: 'DELETE', path: `/v1/nodes/${id}?reason=stolen%20one` })],
    [
      'the key of somebody else',
      (signed) => edit(signed, 'signature-input', /keyid="\w+"/, `keyid="${other.key.publicKey}"`),
    ],
    ['a later moment', (signed) => oneLater(signed)],
    [
      'a longer life',
      (signed) => edit(signed, 'signature-input', /expires=\d+/, 'expires=9999999999'),
    ],
    ['another nonce', otherNonce],
    [
      'another algorithm',
      (signed) => edit(signed, 'signature-input', 'alg="ed25519"', 'alg="sr25519"'),
    ],
    ['no query covered', (signed) => edit(signed, 'signature-input', ' "@query"', '')],
    ['no body covered', (signed) => edit(signed, 'signature-input', ' "content-digest"', '')],
    ['nothing covered', (signed) => edit(signed, 'signature-input', /\([^)]*\)/, '()')],
    [
      'the covered in another order',
      (signed) =>
        edit(signed, 'signature-input', '"@method" "@authority"', '"@authority" "@method"'),
    ],
    ['another tag', (signed) => edit(signed, 'signature-input', 'tag="postern"', 'tag="posterm"')],
    ['another digest', (signed) => edit(signed, 'content-digest', /:.../, ':AAA')],
    ['no digest', ({ 'content-digest': _, ...signed }) => signed],
    ['no signature', ({ signature: _, ...signed }) => signed],
    ['no input', ({ 'signature-input': _, ...signed }) => signed],
    [
      'a signature of zeros',
      (signed) => ({ ...signed, signature: `postern=:${Buffer.alloc(64).toString('base64')}:` }),
    ],
    [
      'two signatures',
      (signed) => ({ ...signed, signature: `${signed['signature']}, other=:AAAA:` }),
    ],
  ])('not with %s', async (_what, change) => {
    const signed = await signedBy(honest, here, read());
    const changed = change(signed) as Partial<Call> & Signed;
    const isRequest = 'path' in changed;
    const came = await sent(isRequest ? signed : changed, isRequest ? changed : {});
    expect(came.status).toBe(401);
  });

  it('not with another body', async () => {
    const path = `/v1/nodes/${id}/attestations`;
    const request = { method: 'POST', path, headers: BUNDLE_HEADERS, body: '{"v":1}' };
    const signed = await signedBy(honest, here, request);
    const headers = { ...BUNDLE_HEADERS, ...signed };
    expect((await call(here, { ...request, headers, body: '{"v":2}' })).status).toBe(401);
  });

  it('not beside an API key: who asks would be a matter of taste', async () => {
    const signed = await signedBy(honest, here, read());
    expect((await sent({ ...signed, ...bearer(here.keys.admin) })).status).toBe(401);
  });

  it.each([
    ['ten minutes ago', -600_000],
    ['in ten minutes', 600_000],
    ['in 1970', undefined],
  ])('not of a clock that stands %s', async (_what, by) => {
    const at = by === undefined ? 1000 : here.now() + by;
    expect((await sent(await signedBy(honest, here, read(), at))).status).toBe(401);
  });

  it('not for another gateway', async () => {
    const elsewhere = { origin: 'https://other.example', now: here.now };
    expect((await sent(await signedBy(honest, elsewhere, read()))).status).toBe(401);
  });

  it('not by a key that nobody enrolled, however often, and nothing is kept of it', async () => {
    const before = here.rows('spent');
    for (let i = 0; i < 20; i++) {
      expect((await sent(await signedBy(keyOnly(), here, read()))).status).toBe(401);
    }
    expect(here.rows('spent')).toBe(before);
  });

  it('not by the key of one node over the name of another', async () => {
    const signed = await signedBy({ ...other, privateKey: honest.privateKey }, here, read());
    expect((await sent(signed)).status).toBe(401);
  });

  it.each([
    ['Bearer'],
    ['Bearer '],
    ['bearer x'],
    ['Basic YWRtaW46YWRtaW4='],
    ['Bearer postern_admin_0000000000000000_0000'],
  ])('nor is an API key what only looks like one: %s', async (authorization) => {
    expect((await call(here, { path: '/v1/nodes', headers: { authorization } })).status).toBe(401);
  });

  it('nor one with a letter changed, at whichever place', async () => {
    const key = here.keys.admin;
    for (let i = 0; i < key.length; i += 5) {
      const letter = key[i] === 'a' ? 'b' : 'a';
      const wrong = key.slice(0, i) + letter + key.slice(i + 1);
      expect((await call(here, { path: '/v1/nodes', headers: bearer(wrong) })).status).toBe(401);
    }
  });
});
