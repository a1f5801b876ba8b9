import { afterAll, beforeAll, expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { type Member, MINUTE, member } from '../../support/fleet-bed.ts';
import { BUNDLE_HEADERS, JSON_HEADERS } from '../../support/gateway-bed.ts';
import {
  attestAt,
  bearer,
  type Call,
  call,
  callAs,
  challengeOf,
  enrolAt,
  keyOnly,
  show,
} from '../../support/gateway-caller.ts';
import { expectLogLines } from '../../support/log-lines.ts';
import { wire } from '../../support/raw-http.ts';
import { type WholeGateway, wholeGateway } from '../../support/whole-gateway.ts';

/** Stands in whatever is injected: where it shows, something of it came through. */
const MARK = 'q7zXinjectedXz7q';
const POISON = [
  `\r\n{"level":"error","msg":"${MARK}"}\r\nSet-Cookie: ${MARK}=1`,
  `\u001b[2J\u0000\u2028${MARK}\u2029\u202e\ud800`,
  `"},"msg":"${MARK}","__proto__":{"y":"\${jndi:ldap://a}%0a%s`,
  `${MARK}.constructor[0].name`,
] as const;

let here: WholeGateway;
let honest: Member;
let id = '';

beforeAll(async () => {
  honest = await member('honest', { endorsements: 'carried' });
  const more =
    'logs: { level: debug }\nlimits: { rates: { address: 100000, node: 10000, credential: 10000 } }';
  here = await wholeGateway({ model: honest, more });
  id = await enrolAt(here, honest, 'honest');
  expect((await attestAt(here, honest, id)).status).toBe(200);
}, 120_000);

afterAll(() => here.close());

const text = JSON.stringify;
const node = () => ({
  name: 'a-node',
  key: honest.key,
  pool: 'tdx',
  endpoint: 'https://n.example',
  inventory: { cpu: 'tdx', gpus: 0, switches: 0 },
  nonce: '5a'.repeat(32),
  signature: '6b'.repeat(64),
});

/** Every place of a request that its sender chooses, with poison in it. */
function poisoned(
  poison: string,
  victim: string,
): readonly (Call & { readonly as?: 'node' | 'nobody' })[] {
  const query = encodeURIComponent(poison.replaceAll(/[\ud800-\udfff]/g, ''));
  const post = (path: string, body: unknown) => ({
    method: 'POST',
    path,
    headers: JSON_HEADERS,
    body: typeof body === 'string' ? body : text(body),
  });
  const nodes = `/v1/nodes/${victim}`;
  const enrolments = ['name', 'pool', 'endpoint', 'nonce', 'signature', 'key', 'inventory'].map(
    (member) => post('/v1/nodes', { ...node(), [member]: poison }),
  );
  const bundle = JSON.parse(Buffer.from(honest.machine.bundle()).toString()) as {
    binding: object;
    cpu: object;
  };
  const bundles = [
    { ...bundle, [poison]: 1 },
    { ...bundle, binding: { ...bundle.binding, recipe: poison } },
    { ...bundle, binding: { ...bundle.binding, purpose: poison } },
    { ...bundle, binding: { ...bundle.binding, [poison]: poison } },
    { ...bundle, binding: { ...bundle.binding, keyset: poison } },
    { ...bundle, cpu: { ...bundle.cpu, kind: poison } },
    { ...bundle, cpu: { ...bundle.cpu, quote: poison } },
    { ...bundle, v: poison },
    poison,
  ].map((body) => ({
    ...post(`/v1/nodes/${id}/attestations`, body),
    headers: BUNDLE_HEADERS,
    as: 'node' as const,
  }));
  const policies = [
    poison,
    text({ file: poison }),
    text({ file: Buffer.from(poison).toString('base64') }),
    text({ file: Buffer.from(`metadata:\n  name: ${text(poison)}\n`).toString('base64') }),
    text({ file: 'e30=', revocations: [Buffer.from(poison).toString('base64')] }),
    text({ [poison]: poison }),
  ].map((body) => ({ ...post('/v1/pools/tdx/policy', body), method: 'PUT' }));
  return [
    ...enrolments,
    ...bundles,
    ...policies,
    post('/v1/nodes', { ...node(), [poison]: poison }),
    post('/v1/nodes', `{"name":"${poison}`),
    post('/v1/challenges', { key: { algorithm: poison, publicKey: poison } }),
    ...['quarantine', 'release', 'revoke', 'override'].flatMap((act) => [
      post(`${nodes}/${act}`, { reason: poison, until: '2026-06-01T00:10:00Z' }),
      post(`${nodes}/${act}`, { reason: 'a reason as it should be', until: poison }),
      post(`${nodes}/${act}`, { [poison]: 1 }),
    ]),
    { method: 'DELETE', path: `${nodes}?reason=${query}` },
    { path: `/v1/nodes?pool=${query}` },
    { path: `/v1/nodes?state=${query}` },
    { path: `/v1/nodes?after=${query}` },
    { path: `/v1/nodes?${query}=1` },
    { path: `/v1/nodes/${query}` },
    { path: `/v1/decisions/${query}` },
    { path: `/v1/pools/${query}/policy` },
    { path: `/v1/misbehaviour?after=${query}` },
    { path: `/v1/events?after=${query}` },
    { path: `/tile/${query}` },
    { path: `/${query}` },
    { method: 'POST', path: `/v1/verify?purpose=${query}`, headers: BUNDLE_HEADERS, body: poison },
    { method: 'POST', path: `/v1/verify?pool=${query}`, headers: BUNDLE_HEADERS, body: '{}' },
    { path: '/v1/nodes', headers: { authorization: `Bearer ${query}` }, as: 'nobody' },
    ...[
      'user-agent',
      'x-forwarded-for',
      'x-request-id',
      'traceparent',
      'referer',
      'cookie',
      'accept',
      'origin',
      'last-event-id',
      'postern-nonce',
      'signature',
      'signature-input',
      'content-digest',
      'forwarded',
      'host',
    ].map((name) => ({ path: '/v1/nodes', headers: { [name]: query }, as: 'nobody' as const })),
  ];
}

/** With a challenge that is good: what it shows is read. */
async function answering(asked: Call): Promise<Call> {
  const { nonce } = await challengeOf(here, honest, id);
  return { ...asked, headers: { ...asked.headers, 'postern-nonce': toHex(nonce) } };
}

it.each(POISON)('leaves no trace but what is told to who sent it: %j', async (poison) => {
  const from = here.said.length;
  here.clock.ahead += 30 * MINUTE;
  const victim = await enrolAt(here, keyOnly(), `victim${here.said.length}`);
  for (const { as, ...asked } of poisoned(poison, victim)) {
    const came =
      as === 'node'
        ? await callAs(honest, here, await answering(asked))
        : await call(here, {
            ...asked,
            headers:
              as === 'nobody'
                ? { ...asked.headers }
                : { ...asked.headers, ...bearer(here.keys.admin) },
          });
    const { path, method, body } = asked;
    expect([path, method, body, came.status]).toEqual([path, method, body, expect.any(Number)]);
    expect(came.status).toBeGreaterThanOrEqual(200);
    expect([path, method, body, came.status < 500]).toEqual([path, method, body, true]);
    expect(came.headers['set-cookie']).toBeUndefined();
    if (came.status >= 400) {
      expect(came.headers['content-type']).toMatch(/^application\/problem\+json/);
      expect(came.json()).toMatchObject({ status: came.status });
      // As it is told, it moves nothing on a terminal.
      expect(came.text).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202e]/u);
    }
  }
  const said = here.said.slice(from);
  expectLogLines(said);
  expect(said.join('')).not.toContain(MARK);
});

it('nor does a request that is none', async () => {
  for (const poison of POISON) {
    for (const bytes of [
      `GET /${poison} HTTP/1.1\r\nHost: a\r\n\r\n`,
      `${poison} / HTTP/1.1\r\nHost: a\r\n\r\n`,
      `GET / HTTP/1.1\r\nHost: ${poison}\r\nX: ${poison}\r\nConnection: close\r\n\r\n`,
      `GET / ${poison}\r\n\r\n`,
    ]) {
      const line = await wire(here.port);
      line.send(bytes);
      line.socket.end();
      expect(await line.end()).not.toMatch(/^Set-Cookie/m);
    }
  }
  expectLogLines(here.said);
  expect(here.said.join('')).not.toContain(MARK);
});

it('and no secret, credential or byte of evidence is in a log, a number or a problem', async () => {
  here.clock.ahead += 30 * MINUTE;
  const { nonce, purpose } = await challengeOf(here, honest, id);
  const bundle = honest.machine.bundle({ nonce, purpose });
  const document = JSON.parse(Buffer.from(bundle).toString()) as {
    cpu: { quote: string };
    binding: { keyset: string };
  };
  const wrong = Buffer.from(
    JSON.stringify({ ...document, binding: { ...document.binding, nonce: '00'.repeat(32) } }),
  );
  const refused = await show(here, honest, { node: id, nonce, bundle: wrong });
  expect(refused.status).toBe(403);
  for (const key of Object.values(here.keys)) {
    await call(here, { path: '/v1/nodes', headers: bearer(`${key}x`) });
    await call(here, { path: `/v1/nodes?pool=${key}`, headers: bearer(key) });
  }
  const numbers = await call(here, { path: '/metrics', headers: bearer(here.keys.admin) });
  const ready = await call(here, { path: '/health/ready' });
  const told = [refused.text, numbers.text, ready.text, here.said.join('')].join('\n');
  const quote = Buffer.from(document.cpu.quote, 'base64');
  for (const secret of [
    ...Object.values(here.keys),
    ...Object.values(here.keys).map((key) => key.slice(-20)),
    document.cpu.quote.slice(200, 260),
    document.binding.keyset.slice(100, 160),
    quote.subarray(48, 64).toString('hex'),
    quote.subarray(700, 732).toString('hex'),
    honest.key.publicKey,
    here.dir,
  ]) {
    expect(told).not.toContain(secret);
  }
  expect(`${numbers.text}${here.said.join('')}`).not.toContain(toHex(nonce));
  expect(numbers.text).not.toContain(id);
});
