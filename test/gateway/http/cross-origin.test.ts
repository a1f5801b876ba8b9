import { describe, expect, it } from 'vitest';
import { ask, gatewayBed, SAMPLES, type Sample } from '../../support/gateway-bed.ts';

/** What a client needs; all else is for operators, machines and auditors. */
const OPEN: ReadonlySet<string> = new Set([
  'GET /.well-known/jwks.json',
  'GET /checkpoint',
  'HEAD /checkpoint',
  'GET /tile/{path}',
  'HEAD /tile/{path}',
  'GET /v1/models',
  'GET /v1/candidates',
  'POST /v1/nodes/{node}/evidence',
  'GET /v1/nodes/{node}/epoch',
  'GET /v1/pools/{pool}/policy',
  'POST /ohttp/{pool}/{node}',
  'GET /ohttp/{pool}/{node}/{session}',
  'DELETE /ohttp/{pool}/{node}/{session}',
  'GET /v1/certificate-authorities',
  'GET /v1/certificates/{certificate}/proof',
  'GET /v1/usage',
]);
const nameOf = ({ method, template }: Sample) => `${method} ${template}`;
const isOpen = (sample: Sample) => OPEN.has(nameOf(sample));
const ORIGIN = 'https://page.example';
const bed = gatewayBed();

function corsOf({ headers }: { readonly headers: Record<string, unknown> }) {
  const entries = Object.entries(headers);
  return Object.fromEntries(entries.filter(([name]) => name.startsWith('access-control-')));
}

const preflight = (url: string, method: string) =>
  bed.app.inject({
    method: 'OPTIONS',
    url,
    headers: {
      origin: ORIGIN,
      'access-control-request-method': method,
      'access-control-request-headers': 'authorization',
    },
  });

it('is about routes that there are', () => {
  const names = new Set(SAMPLES.map(nameOf));
  expect([...OPEN].filter((name) => !names.has(name))).toEqual([]);
});

describe.each(SAMPLES.map((sample) => [nameOf(sample), sample] as const))('%s', (_name, sample) => {
  it(
    isOpen(sample) ? 'is for pages of any origin' : 'is for no page of another origin',
    async () => {
      // A stream does not end by itself; how it answers at all is what counts here.
      const answers = [await ask(bed, sample, 'wrong')];
      if (sample.template !== '/v1/events') answers.push(await ask(bed, sample));
      for (const answer of answers) {
        const cors = corsOf(answer);
        if (!isOpen(sample)) {
          expect(cors).toEqual({});
          continue;
        }
        expect(cors).toEqual({
          'access-control-allow-origin': '*',
          'access-control-expose-headers': expect.stringContaining('retry-after'),
        });
        expect(cors['access-control-expose-headers']).toContain('postern-unauthenticated');
        expect(cors['access-control-expose-headers']).toContain('postern-session');
      }
    },
  );

  it('is announced to browsers as that, and nothing more', async () => {
    const { url, method, template } = sample;
    const answer = await preflight(url.split('?', 1)[0] ?? '', method);
    const methods = `${answer.headers['access-control-allow-methods'] ?? ''}`.split(', ');
    expect(methods.includes(method)).toBe(isOpen(sample));
    for (const one of methods.filter(Boolean)) expect(OPEN).toContain(`${one} ${template}`);
    if (!isOpen(sample)) return;
    expect(answer.statusCode).toBe(204);
    expect(answer.headers['access-control-allow-origin']).toBe('*');
    expect(answer.headers).not.toHaveProperty('access-control-allow-credentials');
    const allowed = `${answer.headers['access-control-allow-headers']}`.split(', ');
    expect(allowed).toEqual([
      'authorization',
      'content-type',
      'incremental',
      'postern-model',
      'postern-resume',
    ]);
  });
});

it('lets browsers read no more of what is no route', async () => {
  const answer = await bed.app.inject({ url: '/v1/nothing', headers: { origin: ORIGIN } });
  expect([answer.statusCode, corsOf(answer)]).toEqual([404, {}]);
});
