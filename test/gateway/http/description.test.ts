import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { FastifyInstance } from 'fastify';
import { describe, expect, it } from 'vitest';
import { Fault, type FaultCode } from '../../../src/core/fault.ts';
import type { BrokerService } from '../../../src/gateway/broker/service.ts';
import type { CertificateService } from '../../../src/gateway/certificates/service.ts';
import type { FleetService } from '../../../src/gateway/fleet/service.ts';
import type { Identity } from '../../../src/gateway/http/identity.ts';
import { LIMITS } from '../../../src/gateway/http/limits.ts';
import { Description } from '../../support/described.ts';
import { rejected, undecided } from '../../support/fake-fleet.ts';
import {
  ask,
  type BedOptions,
  gatewayBed,
  SAMPLES,
  type Sample,
} from '../../support/gateway-bed.ts';

const described = new Description((await ask(gatewayBed(), sampleNamed('/openapi.json'))).json());

function sampleNamed(template: string): Sample {
  const [first] = SAMPLES.filter((one) => one.template === template);
  if (!first) throw new Error(template);
  return first;
}

describe('the description', () => {
  it('has every route that is served, and no other', async () => {
    const served: string[] = [];
    // What Fastify itself registers, as it does.
    const listen = (message: unknown) => {
      const { fastify } = message as { readonly fastify: FastifyInstance };
      fastify.addHook('onRoute', ({ method, url }) => {
        // Browsers make preflights by themselves; the routes that they are about say so.
        if (method === 'OPTIONS') return;
        const template = url.replaceAll(/:([a-z]+)/g, '{$1}').replace('*', '{path}');
        served.push(`${method} ${template}`);
      });
    };
    subscribe('fastify.initialization', listen);
    const { app } = gatewayBed();
    unsubscribe('fastify.initialization', listen);
    await app.ready();
    expect(served.length).toBeGreaterThan(25);
    expect(described.routes().sort()).toEqual(served.sort());
    expect(SAMPLES.map((one) => `${one.method} ${one.template}`).sort()).toEqual(served);
  });

  it.each([
    ['a pool that is not configured', 'PUT', '/v1/pools/{pool}/policy', 404],
    ['a key for TLS of another kind than P-256', 'POST', '/v1/nodes/{node}/certificates', 422],
  ])('says what is answered for %s', (_what, method, template, status) => {
    const route = SAMPLES.find((one) => one.method === method && one.template === template);
    expect(route && described.statuses(route)).toContain(`${status}`);
  });

  it('refers to nothing that it does not have, and gives each operation a name of its own', () => {
    const text = JSON.stringify(described.document);
    const { components } = described.document as unknown as {
      components: { schemas: Record<string, unknown> };
    };
    const names = [...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(50);
    for (const name of names) expect(components.schemas).toHaveProperty(`${name}`);
    const ids = [...text.matchAll(/"operationId":"(\w+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(SAMPLES.length);
  });
});

/** A fleet each of whose methods fails so. */
function failing(make: () => unknown): Partial<FleetService> {
  const fail = async () => {
    throw make();
  };
  const methods = SAMPLES.flatMap(({ asks }) => (asks ? [asks] : []));
  return Object.fromEntries(methods.map((method) => [method, fail]));
}

/** The same of the broker's. */
function failingBroker(make: () => unknown): Partial<BrokerService> {
  const fail = () => {
    throw make();
  };
  const methods: readonly (keyof BrokerService)[] = [
    'candidates',
    'evidence',
    'epoch',
    'open',
    'resume',
    'abort',
  ];
  return Object.fromEntries(methods.map((method) => [method, fail]));
}

/** And of the authorities'. */
function failingCertificates(make: () => unknown): Partial<CertificateService> {
  const fail = async () => {
    throw make();
  };
  return { issue: fail, proof: fail };
}

const fault = (code: FaultCode): BedOptions => ({
  certificates: failingCertificates(() => new Fault(code, 'nodes[1]', 'so it is')),
  broker: failingBroker(() => new Fault(code, 'nodes[1]', 'so it is')),
  fleet: failing(() => new Fault(code, 'nodes[1]', 'so it is')),
  deps: { readLog: async () => Promise.reject(new Fault(code, 'log', 'so it is')) },
});
const bug: BedOptions = {
  fleet: failing(() => new Error('secret')),
  deps: { readLog: async () => Promise.reject(new Error('secret')) },
};
const nobody: Identity = {
  authenticate: async () => ({ kind: 'node', id: 'ff'.repeat(16) }),
  mayDo: () => false,
};

/** How each status comes about, on whatever route it is described for. */
const WAYS: Readonly<
  Record<string, (sample: Sample) => { bed?: BedOptions; as?: string; asks?: Partial<Sample> }>
> = {
  400: ({ url }) => ({ asks: { url: url.replace(/^[^?]+/, '$&%41') } }),
  401: () => ({ as: 'wrong' }),
  403: ({ template }) =>
    /attestations|call$/.test(template)
      ? { bed: { fleet: { attest: async () => rejected, call: async () => rejected } } }
      : { bed: { identity: nobody } },
  404: ({ template }) =>
    /checkpoint|tile/.test(template)
      ? { bed: { deps: { readLog: async () => undefined } } }
      : { bed: fault('missing') },
  409: ({ template }) =>
    template === '/v1/events'
      ? { asks: { url: '/v1/events?after=1' } }
      : { bed: fault('conflict') },
  411: () => ({ asks: { body: undefined as never } }),
  413: () => ({
    bed: { limits: { body: { ...LIMITS.body, json: 10, bundle: 2, sealed: 2, policy: 10 } } },
  }),
  415: () => ({ asks: { headers: { 'content-type': 'text/html' } } }),
  422: () => ({ bed: fault('unsupported') }),
  429: () => ({ bed: { limit: () => 1500 } }),
  500: ({ asks, template }) =>
    asks || /checkpoint|tile/.test(template) ? { bed: bug } : { bed: { identity: broken() } },
  503: ({ template }) =>
    /attestations|call$/.test(template)
      ? { bed: { fleet: { attest: async () => undecided, call: async () => undecided } } }
      : { as: 'broken' },
  default: ({ url }) => ({ asks: { url: `${url}?${'a'.repeat(LIMITS.request.url)}` } }),
};

function broken(): Identity {
  return {
    authenticate: async () => Promise.reject(new Error('secret')),
    mayDo: () => true,
  };
}

const good = SAMPLES.filter(({ template }) => template !== '/v1/events');
const cases = SAMPLES.flatMap((sample) =>
  described
    .statuses(sample)
    .filter((status) => status !== `${sample.status}`)
    .map((status) => ({ ...sample, wanted: status })),
);

describe('an answer is as described', () => {
  it.each(good)('$method $template: $status', async (sample) => {
    const bed = gatewayBed();
    const answer = await ask(bed, sample);
    expect(answer.statusCode).toBe(sample.status);
    expect(described.misfits(sample, answer)).toEqual([]);
    expect(described.statuses(sample)).toContain(`${sample.status}`);
    const [first] = bed.fleet.calls.filter(({ method }) => !method.startsWith('on'));
    expect(first?.method).toBe(sample.asks);
  });

  it.each(cases)('$method $template: $wanted', async ({ wanted, ...sample }) => {
    const { bed, as, asks } = WAYS[wanted]?.(sample) ?? {};
    const answer = await ask(gatewayBed(bed), { ...sample, ...asks }, as);
    expect(`${answer.statusCode}`).toBe(wanted === 'default' ? '414' : wanted);
    expect(described.misfits(sample, answer)).toEqual([]);
    expect(answer.headers['retry-after']).toEqual(
      ['429', '503'].includes(wanted) ? expect.stringMatching(/^[1-9]\d*$/) : undefined,
    );
    expect(answer.body).not.toContain('secret');
    if (sample.method === 'HEAD') expect(answer.body).toBe('');
    else expect(answer.headers['content-type']).toBe('application/problem+json');
  });
});
