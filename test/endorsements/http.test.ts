import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { Fault } from '../../src/core/fault.ts';
import { httpAsk, httpGet } from '../../src/endorsements/http.ts';
import {
  type Behaviour,
  body,
  endless,
  once,
  reset,
  stallBeforeHeaders,
  stallInBody,
  status,
  truncate,
} from './fake-pccs.ts';
import { LIMITS, startPccs } from './world.ts';

const PATH = '/tdx/certification/v4/tcb';

async function ask(behaviour: Behaviour, statuses: Record<number, string> = {}) {
  const pccs = await startPccs();
  pccs.behaviours = { tcbInfo: behaviour };
  const url = `${pccs.url}${PATH}`;
  const request = { url, limits: LIMITS, statuses };
  const outcome = await httpGet(globalThis.fetch, request).catch((error: unknown) => error);
  return { outcome, url, tries: pccs.requests.length };
}

it('gives body and headers', async () => {
  const { outcome } = await ask(body('{"a":1}'));
  expect(outcome).toMatchObject({ body: new TextEncoder().encode('{"a":1}') });
});

describe('tells apart', () => {
  it.each([
    { name: 'a status', behaviour: status(400), detail: 'HTTP 400', tries: 1 },
    { name: 'an unknown FMSPC', behaviour: status(404), detail: 'HTTP 404: not known', tries: 1 },
    { name: 'an answer of another success', behaviour: status(204), detail: 'HTTP 204', tries: 1 },
    { name: 'a server that is down', behaviour: status(503), detail: 'HTTP 503', tries: 2 },
    {
      name: 'a server that asks for patience beyond the deadline',
      behaviour: status(503, { 'Retry-After': '120' }),
      detail: 'HTTP 503, asks to retry after "120"',
      tries: 1,
    },
    {
      name: 'a rate limit',
      behaviour: status(429, { 'Retry-After': 'Mon, 01 Jun 2026 00:00:00 GMT' }),
      detail: 'HTTP 429, asks to retry after "Mon, 01 Jun 2026 00:00:00 GMT"',
      tries: 1,
    },
    {
      name: 'a redirect',
      behaviour: status(302, { Location: '/elsewhere' }),
      detail: 'answered with a redirect, which is not followed',
      tries: 1,
    },
    {
      name: 'silence before the headers',
      behaviour: stallBeforeHeaders,
      detail: 'no complete answer within 0.4 s',
      tries: 1,
    },
    {
      name: 'silence in the middle of the body',
      behaviour: stallInBody,
      detail: 'no complete answer within 0.4 s',
      tries: 1,
    },
    {
      name: 'a body shorter than announced',
      behaviour: truncate,
      detail: 'the connection broke before the answer was complete (UND_ERR_SOCKET)',
      tries: 2,
    },
    {
      name: 'an endless body',
      behaviour: endless,
      detail: 'the answer is longer than 262144 bytes',
      tries: 1,
    },
    {
      name: 'a body announced as too long',
      behaviour: ((response) => {
        response.writeHead(200, { 'Content-Length': 10_000_000 }).write(' ');
      }) satisfies Behaviour,
      detail: 'the answer is longer than 262144 bytes',
      tries: 1,
    },
    {
      name: 'a connection reset twice',
      behaviour: reset,
      detail: 'the connection was reset (ECONNRESET)',
      tries: 2,
    },
  ])('$name', async ({ behaviour, detail, tries }) => {
    const asked = await ask(behaviour, { 404: 'not known' });
    expect(asked.outcome).toBeInstanceOf(Fault);
    expect(asked.outcome).toMatchObject({ code: 'unreachable', at: asked.url, detail });
    expect(asked.tries).toBe(tries);
  });

  it.each([
    {
      name: 'a name that does not exist',
      host: 'nowhere.invalid',
      detail: /^no such host|^the name server/,
    },
    {
      name: 'a port where nothing listens',
      host: '127.0.0.1:2',
      detail: /^the connection was refused/,
    },
  ])('$name', async ({ host, detail }) => {
    const url = `http://${host}/`;
    const limits = { ...LIMITS, deadlineMs: 5_000 };
    await expect(httpGet(globalThis.fetch, { url, limits })).rejects.toMatchObject({
      code: 'unreachable',
      at: url,
      detail: expect.stringMatching(detail),
    });
  });

  it('something that does not speak HTTP', async () => {
    const server = createServer((socket) => {
      socket
        .on('error', () => undefined)
        .resume()
        .end('SSH-2.0-nothing-to-see\r\n');
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const asked = httpGet(globalThis.fetch, { url: `http://127.0.0.1:${port}/`, limits: LIMITS });
    await expect(asked).rejects.toMatchObject({
      code: 'unreachable',
      detail: expect.stringMatching(/HTTP/),
    });
    await new Promise((resolve) => {
      server.close(resolve);
    });
  });

  it('a certificate that nobody vouches for', async () => {
    const cause = Object.assign(new Error('self-signed'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    const fetch = () => Promise.reject(new TypeError('fetch failed', { cause }));
    await expect(httpGet(fetch, { url: 'https://pccs/', limits: LIMITS })).rejects.toMatchObject({
      code: 'unreachable',
      detail: expect.stringMatching(
        /not trusted \(DEPTH_ZERO_SELF_SIGNED_CERT\).*NODE_EXTRA_CA_CERTS/,
      ),
    });
  });
});

describe('a second try', () => {
  it.each([
    { name: 'after HTTP 503', behaviour: once(status(503)) },
    {
      name: 'after HTTP 429 that asks for no wait',
      behaviour: once(status(429, { 'Retry-After': '0' })),
    },
    { name: 'after a reset', behaviour: once(reset) },
    { name: 'after a body that broke off', behaviour: once(truncate) },
  ])('$name', async ({ behaviour }) => {
    const { outcome, tries } = await ask(behaviour);
    expect(outcome).not.toBeInstanceOf(Error);
    expect(tries).toBe(2);
  });

  it('is not waited for when it would come after the deadline', async () => {
    const started = performance.now();
    await ask(status(503, { 'Retry-After': '1' }));
    expect(performance.now() - started).toBeLessThan(LIMITS.deadlineMs / 2);
  });

  it('stays inside the deadline of the first', async () => {
    const pccs = await startPccs();
    pccs.behaviours = {
      tcbInfo: (...args) => (pccs.requests.length === 1 ? status(503) : stallInBody)(...args),
    };
    const started = performance.now();
    const asked = httpGet(globalThis.fetch, { url: `${pccs.url}${PATH}`, limits: LIMITS });
    await expect(asked).rejects.toMatchObject({ detail: 'no complete answer within 0.4 s' });
    expect(performance.now() - started).toBeLessThan(2 * LIMITS.deadlineMs);
  });
});

describe('without trusting the fetch that it was given', () => {
  it('a body that ends before its Content-Length is refused', async () => {
    const fetch = async () => new Response('abc', { headers: { 'Content-Length': '5' } });
    await expect(httpGet(fetch, { url: 'https://a/', limits: LIMITS })).rejects.toMatchObject({
      detail: 'the answer ended after 3 of 5 bytes',
    });
  });

  it('asks it not to follow redirects, and hands it a signal', async () => {
    const seen: (RequestInit | undefined)[] = [];
    const fetch: typeof globalThis.fetch = async (_, init) => {
      seen.push(init);
      return new Response('');
    };
    await httpGet(fetch, { url: 'https://a/', limits: LIMITS });
    expect(seen).toEqual([{ redirect: 'error', signal: expect.any(AbortSignal) }]);
  });

  it('posts what is to be posted, a second time too', async () => {
    const seen: (RequestInit | undefined)[] = [];
    const fetch: typeof globalThis.fetch = async (_, init) => {
      seen.push(init);
      return new Response('', { status: seen.length === 1 ? 503 : 200 });
    };
    const post = new Uint8Array([9, 1, 2, 9]).subarray(1, 3);
    const headers = { 'Content-Type': 'application/ocsp-request' };
    const request = { url: 'https://a/', limits: LIMITS, post, headers };
    expect(await httpAsk(fetch, request)).toMatchObject({ answer: { url: 'https://a/' } });
    const sent = { method: 'POST', body: Uint8Array.of(1, 2), headers, redirect: 'error' };
    expect(seen).toEqual(new Array(2).fill({ ...sent, signal: expect.any(AbortSignal) }));
  });

  it('gives a refusal as a value', async () => {
    const fetch = async () => new Response('', { status: 404 });
    expect(await httpAsk(fetch, { url: 'https://a/', limits: LIMITS })).toMatchObject({
      fault: { code: 'unreachable', detail: 'HTTP 404' },
      refusal: { status: 404 },
    });
  });
});

it('a caller can give up before the deadline', async () => {
  const pccs = await startPccs();
  pccs.behaviours = { tcbInfo: stallBeforeHeaders };
  const controller = new AbortController();
  const limits = { ...LIMITS, deadlineMs: 60_000 };
  const request = { url: `${pccs.url}${PATH}`, limits, signal: controller.signal };
  const asked = httpGet(globalThis.fetch, request);
  setTimeout(() => controller.abort(), 50);
  await expect(asked).rejects.toMatchObject({ detail: 'given up before an answer came' });
});
