import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Context,
  type ContextManager,
  context,
  ROOT_CONTEXT,
  type Span,
  type SpanOptions,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { node } from '../../support/fake-fleet.ts';
import { ask, gatewayBed, sampleOf } from '../../support/gateway-bed.ts';

interface Begun {
  readonly name: string;
  readonly options: SpanOptions | undefined;
  readonly said: unknown[];
}

function tracer() {
  const begun: Begun[] = [];
  const startSpan = (name: string, options?: SpanOptions) => {
    const said: unknown[] = [];
    begun.push({ name, options, said });
    return {
      spanContext: () => ({ traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 }),
      setAttribute: (key: string, value: unknown) => void said.push([key, value]),
      setStatus: (status: unknown) => void said.push(status),
      end: () => void said.push('end'),
    } as unknown as Span;
  };
  return { begun, tracer: { startSpan } as unknown as Tracer };
}

/** What an SDK would bring: contexts that follow promises. */
class Contexts implements ContextManager {
  readonly #store = new AsyncLocalStorage<Context>();
  active = () => this.#store.getStore() ?? ROOT_CONTEXT;
  with = <A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    within: Context,
    act: F,
    self?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> => this.#store.run(within, () => act.apply(self, args));
  bind = <T>(_within: Context, target: T): T => target;
  enable = () => this;
  disable = () => this;
}

beforeAll(() => void context.setGlobalContextManager(new Contexts()));
afterAll(() => context.disable());

it('a request is one span by its template, with nothing of what was asked', async () => {
  const { begun, tracer: given } = tracer();
  const bed = gatewayBed({ deps: { tracer: given } });
  await ask(bed, {
    ...sampleOf('GET', '/v1/nodes/{node}'),
    headers: { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` },
  });
  await ask(bed, { method: 'GET', url: '/v1/secret?secret=secret' });
  expect(begun).toEqual([
    {
      name: 'GET /v1/nodes/:node',
      options: {
        kind: 1,
        root: true,
        attributes: { 'http.request.method': 'GET', 'http.route': '/v1/nodes/:node' },
      },
      said: [['http.response.status_code', 200], 'end'],
    },
    {
      name: 'GET',
      options: { kind: 1, root: true, attributes: { 'http.request.method': 'GET' } },
      said: [['http.response.status_code', 404], 'end'],
    },
  ]);
});

it('a span is failed where we failed, and not where somebody asked for nothing', async () => {
  const { begun, tracer: given } = tracer();
  const fleet = { node: async () => Promise.reject(new Error('secret')) };
  await ask(gatewayBed({ fleet, deps: { tracer: given } }), sampleOf('GET', '/v1/nodes/{node}'));
  expect(begun[0]?.said).toEqual([['http.response.status_code', 500], { code: 2 }, 'end']);
});

it('what the fleet does is within it', async () => {
  const { tracer: given } = tracer();
  const seen: unknown[] = [];
  const fleet = {
    node: async () => {
      await Promise.resolve();
      seen.push(trace.getActiveSpan()?.spanContext().spanId);
      return node;
    },
  };
  await ask(gatewayBed({ fleet, deps: { tracer: given } }), sampleOf('GET', '/v1/nodes/{node}'));
  expect(seen).toEqual(['2'.repeat(16)]);
});
