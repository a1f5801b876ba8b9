import { describe, expect, it } from 'vitest';
import { GATE_LIMITS, Gate, type GateLimits } from '../../src/endorsements/gate.ts';
import { FakeWeb } from './fake-web.ts';
import { LIMITS } from './world.ts';

const SERVICE = 'https://service.example';
const url = (name: string | number) => `${SERVICE}/${name}`;

function world(limits: Partial<GateLimits> = {}) {
  const clock = { ms: 1_000_000 };
  const web = new FakeWeb(() => new Response('yes'));
  const deps = { fetch: web.fetch, now: () => clock.ms };
  const gate = new Gate(deps, SERVICE, { ...GATE_LIMITS, ...limits });
  const pass = (name: string | number) =>
    gate.pass({ url: url(name), limits: { ...LIMITS, pauseMs: 0 } });
  const all = (count: number) => Promise.all(Array.from({ length: count }, (_, i) => pass(i)));
  return { clock, web, pass, all };
}

const because = (passed: Awaited<ReturnType<Gate['pass']>>) =>
  'failure' in passed ? passed.failure.because : 'answered';

describe('a gate before a service', () => {
  it('lets few through at a time, and all in the end', async () => {
    const { web, all } = world();
    const passed = await all(100);
    expect(passed.map(because)).toEqual(Array.from({ length: 100 }, () => 'answered'));
    expect([web.requests.length, web.busiest]).toEqual([100, 4]);
  });

  it.each([
    { name: '429', status: 429, retryAfter: undefined, rest: 30_000 },
    { name: '429 with a time', status: 429, retryAfter: '120', rest: 120_000 },
    { name: '429 with an absurd time', status: 429, retryAfter: '86400', rest: 600_000 },
    { name: '503 with a time', status: 503, retryAfter: '90', rest: 90_000 },
  ])('$name: nobody asks anything until then', async ({ status, retryAfter, rest }) => {
    const { clock, web, pass } = world();
    const headers = retryAfter === undefined ? {} : { 'Retry-After': retryAfter };
    web.answer = () => new Response('no', { status, headers });
    expect(because(await pass('a'))).toContain(`HTTP ${status}`);
    const asked = web.requests.length;
    web.answer = () => new Response('yes');
    clock.ms += rest - 1;
    expect(because(await pass('b'))).toMatch(/^not asked again: HTTP/);
    expect(web.requests).toHaveLength(asked);
    clock.ms += 1;
    expect(because(await pass('b'))).toBe('answered');
  });

  it('what is broken four times in a row is left alone', async () => {
    const { web, pass, clock } = world();
    web.answer = () => new Response('no', { status: 500 });
    for (const name of ['a', 'b', 'c', 'd']) expect(because(await pass(name))).toBe('HTTP 500');
    expect(because(await pass('e'))).toBe('not asked again: HTTP 500');
    // Each was tried twice, but for the last.
    expect(web.requests).toHaveLength(8);
    clock.ms += 30_000;
    web.answer = () => new Response('yes');
    expect(because(await pass('e'))).toBe('answered');
  });

  it('documents that are not there say nothing of the service', async () => {
    const { web, all } = world();
    web.answer = () => new Response('no', { status: 404 });
    const passed = await all(20);
    expect(new Set(passed.map(because))).toEqual(new Set(['HTTP 404']));
    expect(web.requests).toHaveLength(20);
  });

  it('one that is good in between breaks the row', async () => {
    const { web, pass } = world();
    for (const name of ['a', 'b', 'c', 'good', 'd', 'e', 'f']) {
      web.answer = () => new Response('', { status: name === 'good' ? 200 : 500 });
      expect(because(await pass(name))).not.toContain('not asked');
    }
  });

  it('sends away whom it has no room for', async () => {
    const { web, all } = world({ mostWaiting: 3 });
    const passed = await all(10);
    expect(passed.map(because).filter((why) => why === 'answered')).toHaveLength(7);
    const refused = passed.slice(7).map(because);
    expect(new Set(refused)).toEqual(new Set(['not asked: 3 requests wait already']));
    expect(web.requests).toHaveLength(7);
  });

  it('sends away whose turn does not come in time, and takes the next all the same', async () => {
    const { web, pass } = world({ most: 1, patienceMs: 20 });
    const release = web.hold();
    const first = pass('first');
    expect(because(await pass('second'))).toBe('not asked: its turn did not come within 0.02 s');
    release();
    expect(because(await first)).toBe('answered');
    expect(because(await pass('third'))).toBe('answered');
    expect(web.requests).toEqual([url('first'), url('third')]);
  });
});
