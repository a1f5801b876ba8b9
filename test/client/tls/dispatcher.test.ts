import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { PosternError } from '../../../src/client/errors.ts';
import type { AttestedTlsOptions } from '../../../src/client/tls/attested-tls.ts';
import { attestedDispatcher } from '../../../src/client/tls/index.ts';
import { StandInGateway } from '../../support/client/gateway.ts';
import { type TlsBed, tlsBed } from '../../support/client/tls-bed.ts';
import { type TlsBox, type TlsKey, tlsBox, tlsKey } from '../../support/client/tls-box.ts';

let bed: TlsBed;
let gateway: StandInGateway;
const open: { close: () => Promise<unknown> }[] = [];

beforeAll(async () => {
  bed = await tlsBed();
}, 120_000);

beforeEach(async () => {
  gateway = new StandInGateway();
  await gateway.admit(bed.machine);
});

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function box(key: TlsKey, host?: string): Promise<TlsBox> {
  const made = await tlsBox(key, {
    answer: (request, response) => {
      if (request.url === '/away') response.setHeader('location', away).statusCode = 307;
      response.end(`answer to ${request.method} ${request.url}`);
    },
    ...(host !== undefined && { host }),
  });
  open.unshift(made);
  return made;
}
let away = '';

async function dispatcherOf(more: Partial<AttestedTlsOptions> = {}) {
  const options = { ...bed.tls, fetch: gateway.fetch, now: () => gateway.now, ...more };
  const made = await attestedDispatcher(options);
  // Before the servers, whose connections it holds.
  open.unshift({ close: () => made.destroy() });
  return made;
}

/** The platform's own fetch; its types know dispatchers of their own version. */
const fetched = (url: string, dispatcher: unknown, init: RequestInit = {}) =>
  fetch(url, { ...init, dispatcher } as RequestInit);

it('fetch goes to the verified machine, unchanged', async () => {
  const { url, sockets } = await box(bed.key);
  const dispatcher = await dispatcherOf();
  const answers = [
    await fetched(`${url}/one`, dispatcher),
    await fetched(`${url}/two`, dispatcher, { method: 'POST', body: 'a secret' }),
  ];
  expect(await Promise.all(answers.map((answer) => answer.text()))).toEqual([
    'answer to GET /one',
    'answer to POST /two',
  ]);
  expect(sockets.length).toBeLessThanOrEqual(2);
});

it('by IPv6 as well', async () => {
  const { url } = await box(bed.key, '::1');
  expect((await fetched(`${url}/`, await dispatcherOf())).status).toBe(200);
});

it('a box with another key gets nothing', async () => {
  const fraud = await box(await tlsKey());
  const failure = await fetched(`${fraud.url}/`, await dispatcherOf(), {
    method: 'POST',
    body: 'a secret',
  }).catch((error) => error);
  expect(failure.cause).toBeInstanceOf(PosternError);
  expect(failure.cause.code).toBe('connect.key');
  expect(fraud.received()).toBe(0);
});

it('nor does one that a machine redirects to', async () => {
  const fraud = await box(await tlsKey());
  away = `${fraud.url}/caught`;
  const { url } = await box(bed.key);
  const failure = await fetched(`${url}/away`, await dispatcherOf()).catch((error) => error);
  expect(failure.cause?.code).toBe('connect.key');
  expect(fraud.received()).toBe(0);
});

it('plain http is refused', async () => {
  const failure = await fetched('http://127.0.0.1:8080/', await dispatcherOf()).catch((e) => e);
  expect(failure.cause?.code).toBe('connect.usage');
});

it('a connection in use ends with its machine’s admission', async () => {
  const { url } = await box(bed.key);
  const dispatcher = await dispatcherOf({ watchEvery: 5 });
  await (await fetched(`${url}/one`, dispatcher)).text();
  gateway.withdraw(bed.machine);
  gateway.now += 11 * 60_000;
  const failure = await fetched(`${url}/two`, dispatcher).catch((error) => error);
  expect(failure.cause).toBeInstanceOf(PosternError);
});
