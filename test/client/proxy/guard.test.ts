import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { guard } from '../../../src/client/proxy/guard.ts';
import { answering, type ProxyBed, proxyOf } from '../../support/client/proxy-bed.ts';
import { statuses, wire } from '../../support/raw-http.ts';

const asked: string[] = [];
let bed: ProxyBed;

beforeAll(async () => {
  const postern = answering((path) => {
    asked.push(path);
    return Response.json(
      { ok: true },
      {
        headers: { 'set-cookie': 'a=b', 'access-control-allow-origin': '*', 'x-request-id': 'r1' },
      },
    );
  });
  bed = await proxyOf(postern, { largestRequest: 1000 });
});
afterAll(() => bed.proxy.close());

interface Sent {
  readonly line?: string;
  readonly host?: string;
  readonly headers?: readonly string[];
  readonly body?: string;
}

async function send({ line = 'POST /v1/chat/completions', host, headers, body = '{}' }: Sent) {
  asked.length = 0;
  const { send: write, end } = await wire(bed.port);
  const all = [
    `${line} HTTP/1.1`,
    ...(host === '' ? [] : [`Host: ${host ?? `127.0.0.1:${bed.port}`}`]),
    ...(headers ?? [`Authorization: Bearer ${bed.tokens.api}`, 'Content-Type: application/json']),
    `Content-Length: ${body.length}`,
    'Connection: close',
  ];
  write(`${all.join('\r\n')}\r\n\r\n${body}`);
  const came = await end();
  return { status: statuses(came)[0], came, passed: asked.length };
}

const token = () => `Authorization: Bearer ${bed.tokens.api}`;
const JSON_TYPE = 'Content-Type: application/json';

describe('lets in', () => {
  it.each(['127.0.0.1', 'localhost', '[::1]'])('whoever asks %s', async (name) => {
    expect(await send({ host: `${name}:${bed.port}` })).toMatchObject({ status: 200, passed: 1 });
  });

  it('Anthropic’s way to show the key', async () => {
    const headers = [`X-Api-Key: ${bed.tokens.api}`, JSON_TYPE];
    expect(await send({ headers })).toMatchObject({ status: 200, passed: 1 });
  });

  it('JSON with a charset, and files where files go', async () => {
    const charset = [token(), 'Content-Type: application/json; charset=utf-8'];
    expect(await send({ headers: charset })).toMatchObject({ status: 200 });
    const form = [token(), 'Content-Type: multipart/form-data; boundary=x'];
    expect(await send({ line: 'POST /v1/files', headers: form })).toMatchObject({ status: 200 });
    expect(await send({ headers: form })).toMatchObject({ status: 415, passed: 0 });
  });

  it('whoever leaves out the port of http, at that and no other', () => {
    const asking = (host: string) =>
      ({ method: 'GET', headersDistinct: { host: [host], origin: [`http://${host}`] } }) as const;
    for (const name of ['127.0.0.1', 'localhost', '[::1]']) {
      expect(guard(asking(name) as never, 80)).toBeUndefined();
      expect(guard(asking(`${name}:80`) as never, 80)).toBeUndefined();
      expect(guard(asking(name) as never, 8080)).toMatchObject({ status: 421 });
    }
    expect(guard(asking('gateway.example') as never, 80)).toMatchObject({ status: 421 });
  });

  it('content in no encoding, which is what is sealed', async () => {
    const plain = [token(), JSON_TYPE, 'Content-Encoding: identity'];
    expect(await send({ headers: plain })).toMatchObject({ status: 200, passed: 1 });
    const zipped = [token(), JSON_TYPE, 'Content-Encoding: zstd'];
    const { status, came, passed } = await send({ headers: zipped });
    expect([status, passed]).toEqual([415, 0]);
    expect(came).toContain('Content-Encoding');
  });

  it('its own page', async () => {
    const own = [
      `Origin: http://127.0.0.1:${bed.port}`,
      'Sec-Fetch-Site: same-origin',
      `X-Api-Key: ${bed.tokens.view}`,
    ];
    expect(await send({ line: 'GET /view', headers: own, body: '' })).toMatchObject({
      status: 200,
    });
  });

  it('and hands on what belongs to the answer, never a cookie or a word for other sites', async () => {
    const { came } = await send({});
    expect(came).toContain('x-request-id: r1');
    expect(came).toContain('cache-control: no-store');
    expect(came).toContain("content-security-policy: default-src 'none'; sandbox");
    expect(came).not.toMatch(/set-cookie|access-control/i);
  });
});

describe('turns away', () => {
  it.each<[string, number, () => Sent]>([
    ['a name of somebody else’s', 421, () => ({ host: `evil.example:${bed.port}` })],
    [
      'a name that only begins like ours',
      421,
      () => ({ host: `localhost.evil.example:${bed.port}` }),
    ],
    ['another port', 421, () => ({ host: '127.0.0.1:1' })],
    ['no port', 421, () => ({ host: '127.0.0.1' })],
    ['another spelling of the address', 421, () => ({ host: `2130706433:${bed.port}` })],
    ['no name', 400, () => ({ host: '' })],
    ['two names', 421, () => ({ headers: [`Host: 127.0.0.1:${bed.port}`, token(), JSON_TYPE] })],
    [
      'another site',
      403,
      () => ({ headers: ['Origin: https://evil.example', token(), JSON_TYPE] }),
    ],
    ['a page without a site', 403, () => ({ headers: ['Origin: null', token(), JSON_TYPE] })],
    [
      'another port’s page',
      403,
      () => ({ headers: ['Origin: http://127.0.0.1:1', token(), JSON_TYPE] }),
    ],
    [
      'a page by its own name for this address',
      403,
      () => ({ headers: [`Origin: http://localhost:${bed.port}`, token(), JSON_TYPE] }),
    ],
    [
      'what a browser says comes from elsewhere',
      403,
      () => ({ headers: ['Sec-Fetch-Site: cross-site', token(), JSON_TYPE] }),
    ],
    [
      'another server’s page of this machine',
      403,
      () => ({ headers: ['Sec-Fetch-Site: same-site', token(), JSON_TYPE] }),
    ],
    [
      'a question ahead of a web page’s request',
      403,
      () => ({ line: 'OPTIONS /v1/models', headers: ['Origin: https://evil.example'] }),
    ],
    ['another method', 405, () => ({ line: 'PUT /v1/models' })],
    ['nobody', 401, () => ({ headers: [JSON_TYPE] })],
    ['a wrong key', 401, () => ({ headers: ['Authorization: Bearer postern-local-x', JSON_TYPE] })],
    ['an empty key', 401, () => ({ headers: ['X-Api-Key:', JSON_TYPE] })],
    [
      'the key of the page',
      401,
      () => ({ headers: [`Authorization: Bearer ${bed.tokens.view}`, JSON_TYPE] }),
    ],
    ['a look without a key', 401, () => ({ line: 'GET /view', headers: [], body: '' })],
    ['what a form sends', 415, () => ({ headers: [token(), 'Content-Type: text/plain'] })],
    ['what says nothing of itself', 415, () => ({ headers: [token()] })],
    ['a path beside the API', 404, () => ({ line: 'POST /v2/x' })],
    ['a path that climbs out', 404, () => ({ line: 'POST /v1/../admin' })],
    ['another machine’s address', 404, () => ({ line: 'POST http://evil.example/v1/models' })],
    [
      'another machine’s address without a scheme',
      404,
      () => ({ line: 'POST //evil.example/v1/x' }),
    ],
    ['its disguise', 404, () => ({ line: 'POST /\\evil.example/v1/x' })],
    ['too much', 413, () => ({ body: 'x'.repeat(1001) })],
  ])('%s', async (_name, status, sent) => {
    const result = await send(sent());
    expect([result.status, result.passed]).toEqual([status, 0]);
    // What names no host is turned away before it is a request.
    if (status !== 400) {
      const told = expect.objectContaining({ status, code: expect.any(String) });
      await expect.poll(() => bed.visits.at(-1), { timeout: 20_000 }).toEqual(told);
    }
    expect(result.came).not.toMatch(/access-control/i);
  });

  it('too much that does not say so', async () => {
    asked.length = 0;
    const { send: write, until } = await wire(bed.port);
    const head = [
      'POST /v1/chat/completions HTTP/1.1',
      `Host: 127.0.0.1:${bed.port}`,
      token(),
      JSON_TYPE,
      'Transfer-Encoding: chunked',
    ];
    write(`${head.join('\r\n')}\r\n\r\n`);
    write(`${(2000).toString(16)}\r\n${'x'.repeat(2000)}\r\n`);
    expect(statuses(await until('too_large'))).toEqual([413]);
    expect(asked).toEqual([]);
  });
});

it('tells of errors in the shape of the API that is asked', async () => {
  const { came } = await send({ line: 'POST /v1/messages', headers: [JSON_TYPE] });
  expect(JSON.parse(came.slice(came.indexOf('\r\n\r\n')))).toMatchObject({
    type: 'error',
    error: { type: 'authentication_error', code: 'token' },
  });
  const other = await send({ headers: [JSON_TYPE] });
  expect(JSON.parse(other.came.slice(other.came.indexOf('\r\n\r\n')))).toMatchObject({
    error: { type: 'invalid_request_error', code: 'token', param: null },
  });
});
